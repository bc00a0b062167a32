import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes a folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jq-cli-test-'))
  chmodSync(folder, 0o755) // root's PostgreSQL runs as somebody who must pass through
  // By `rm`, which manages names that are no UTF-8 and paths that are too long for open.
  onTestFinished(() => void execFileSync('rm', ['-rf', folder]))
  return folder
}

/** Makes a folder with these files, by path and content; names may be bytes. */
export function folderWith(
  files: Iterable<readonly [path: string | Buffer, content: string | Buffer]>,
): string {
  const folder = temporaryFolder()
  for (const [path, content] of files) writeIn(folder, path, content)
  return folder
}

/** Makes a named pipe in a folder. */
export function makePipe(folder: string): void {
  execFileSync('/bin/sh', ['-c', 'mkfifo pipe'], { cwd: folder })
}

function writeIn(folder: string, path: string | Buffer, content: string | Buffer): void {
  if (typeof path === 'string') mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path)]), content)
}
