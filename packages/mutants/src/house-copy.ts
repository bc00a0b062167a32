import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { edited } from './edited.ts'
import type { Edit } from './mutant.ts'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** The repository once more, in a temporary directory, where it may be broken. What is committed nowhere yet is not in it, unless git knows its file. */
export class HouseCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'jobqueue-mutants-'))
  /** Of what it is a copy. */
  readonly commit = commit()

  constructor() {
    for (const file of trackedFiles()) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true })
      cpSync(join(ROOT, file), join(this.root, file), { verbatimSymlinks: true })
    }
    for (const shared of ['node_modules', '.toolchain'])
      if (existsSync(join(ROOT, shared))) symlinkSync(join(ROOT, shared), join(this.root, shared))
    // Links of pnpm, relative to where they are: packages of the house lead to the copy, all others out of it.
    for (const room of readdirSync(join(ROOT, 'packages'))) {
      const modules = join('packages', room, 'node_modules')
      if (existsSync(join(this.root, 'packages', room)) && existsSync(join(ROOT, modules)))
        cpSync(join(ROOT, modules), join(this.root, modules), { recursive: true, verbatimSymlinks: true })
    }
  }

  /** Makes the edits, runs `work`, and takes them back. */
  async whileEdited<T>(edits: readonly Edit[], work: () => Promise<T>): Promise<T> {
    const files = [...new Set(edits.map(({ file }) => file))]
    const before = new Map(files.map((file) => [file, this.#read(file)]))
    try {
      for (const edit of edits) this.#write(edit.file, edited(this.#read(edit.file), edit))
      this.#embed(files)
      return await work()
    } finally {
      for (const [file, text] of before) this.#write(file, text)
      this.#embed(files)
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  /** Tests migrate by what is embedded. */
  #embed(files: readonly string[]): void {
    if (files.some((file) => file.startsWith('schema/')))
      execFileSync(process.execPath, [join(this.root, 'scripts', 'embed-schema.mjs')], { stdio: 'inherit' })
  }

  #read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8')
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text)
  }
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
  return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '')
}

/** Without those that are deleted and not committed so. */
function trackedFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)))
}
