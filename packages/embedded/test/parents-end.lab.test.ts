import { existsSync, globSync } from 'node:fs'
import { dirname } from 'node:path'
import { startEmbeddedPostgres } from '@jq/embedded'
import { expect, onTestFinished, test } from 'vitest'
import { query } from './query.ts'
import { spawnParent, startParent } from './start-parent.ts'
import { newDataDir, openTemporaryDirectory } from './temporary-directory.ts'
import { until } from './until.ts'

/** Whether there is no such process any more. */
function gone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`a temporary server and its directory go when the parent ends by ${signal}`, async () => {
    const { process: parent, pid, dataDir } = await startParent()
    parent.kill(signal)
    await until('the server is gone', () => gone(pid))
    await until('its directory is gone', () => !existsSync(dirname(dataDir)))
  })
}

test('the directory of a crashed temporary server goes when the parent is killed', async () => {
  const { process: parent, pid, dataDir } = await startParent({}, { crashed: true })
  expect(gone(pid)).toBe(true)
  expect(existsSync(dataDir)).toBe(true)
  parent.kill('SIGKILL')
  await until('its directory is gone', () => !existsSync(dirname(dataDir)))
})

test('a server with a data directory goes when the parent is killed, its data stay', async () => {
  const dataDir = await newDataDir()
  const { process: parent, pid, url } = await startParent({ dataDir })
  await query(url, 'create table kept as select 7 as n')
  parent.kill('SIGKILL')
  await until('the server is gone', () => gone(pid))

  const next = await startEmbeddedPostgres({ dataDir })
  onTestFinished(() => next.stop())
  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 7 }])
})

test('a parent that is killed while the database is made leaves nothing', async () => {
  const directory = await openTemporaryDirectory()
  const parent = spawnParent({ durable: true }, { env: { ...process.env, TMPDIR: directory } })
  await until('initdb is at work', () => globSync(`${directory}/*/data/PG_VERSION`).length > 0)
  parent.kill('SIGKILL')
  // Only a copy of the programs, where one was needed, stays for the next time.
  await until('its directory is gone', () => globSync(`${directory}/jq-pg-*`).length === 0)
})
