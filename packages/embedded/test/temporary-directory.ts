import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes a directory that everybody may pass through, as through /var/lib. */
export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp('/tmp/jq-embedded-test-')
  await chmod(directory, 0o755)
  return directory
}

/** Such a directory that goes away with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await makeDirectory()
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }))
  return directory
}

/** One that everybody may also write to, as into /tmp. */
export async function openTemporaryDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  await chmod(directory, 0o1777)
  return directory
}

/** A path in such a directory, where nothing is yet. */
export async function newDataDir(): Promise<string> {
  return join(await temporaryDirectory(), 'data')
}
