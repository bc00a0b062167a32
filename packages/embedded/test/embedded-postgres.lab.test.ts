import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from '@jq/embedded'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { answers, query } from './query.ts'
import {
  makeDirectory,
  newDataDir,
  openTemporaryDirectory,
  temporaryDirectory,
} from './temporary-directory.ts'

const asRoot = process.getuid?.() === 0

async function start(options?: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options)
  onTestFinished(() => server.stop())
  return server
}

/** Holds a database for the tests that need not make one of their own, for that takes a second. */
let dataDir: string

beforeAll(async () => {
  dataDir = join(await makeDirectory(), 'data')
  await (await startEmbeddedPostgres({ dataDir })).stop()
})

afterAll(() => rm(dirname(dataDir), { recursive: true }))

async function pidIn(dataDir: string): Promise<number> {
  const file = await readFile(join(dataDir, 'postmaster.pid'), 'utf8')
  return Number(file.split('\n')[0])
}

const waitsForDisk =
  "select bool_and(setting::bool) from pg_settings where name in ('fsync', 'full_page_writes')"

test('a temporary server starts, does not wait for the disk, and leaves neither process nor directory behind', async () => {
  const server = await start()
  const pid = await pidIn(server.dataDir)
  expect(server.version).toMatch(/^PostgreSQL \d+\.\d+$/)
  expect(new URL(server.url).port).toBe(String(server.port))
  expect(await query(server.url, waitsForDisk)).toEqual([{ bool_and: false }])

  await server.stop()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(existsSync(dirname(server.dataDir))).toBe(false)
})

test('a temporary server stands below the directory that is named, where its user may write there, and leaves nothing in it', async () => {
  const under = await openTemporaryDirectory()
  const server = await start({ under })
  expect(dirname(dirname(server.dataDir))).toBe(under)
  await server.stop()
  expect(readdirSync(under)).toEqual([])
  const elsewhere = await start({ under: join(under, 'missing') })
  expect(dirname(dirname(elsewhere.dataDir))).not.toContain(under)
})

test('a durable server waits for the disk, and a crash keeps what was committed', async () => {
  const server = await start({ durable: true })
  expect(await query(server.url, waitsForDisk)).toEqual([{ bool_and: true }])
  await query(server.url, 'create table kept as select generate_series(1, 1000)')
  await server.crash()
  expect(await answers(server.url)).toBe(false)
  await server.restart()
  expect(await query(server.url, 'select count(*)::int from kept')).toEqual([{ count: 1000 }])
})

test('restart keeps the data, the port and the directory', async () => {
  const server = await start({ dataDir })
  await query(server.url, 'create table restarted as select 7 as n')
  await server.restart()
  expect(await query(server.url, 'select n from restarted')).toEqual([{ n: 7 }])
})

test('a server that has crashed crashes no more, and can be stopped for good', async () => {
  const server = await start()
  await server.crash()
  await server.crash()
  await Promise.all([server.stop(), server.stop()])
  expect(existsSync(server.dataDir)).toBe(false)
  await expect(server.restart()).rejects.toThrow('This PostgreSQL is stopped')
})

test('a data directory is made, kept, and used again, and its server waits for the disk', async () => {
  const deeper = join(await newDataDir(), 'deeper')
  const first = await start({ dataDir: deeper })
  await query(first.url, 'create table kept as select 7 as n')
  expect(await query(first.url, waitsForDisk)).toEqual([{ bool_and: true }])
  await first.stop()

  const second = await start({ dataDir: deeper })
  expect(second.dataDir).toBe(deeper)
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }])
})

test('stop disconnects who is connected', async () => {
  const server = await start({ dataDir })
  const asleep = query(server.url, 'select pg_sleep(600)').catch(() => 'disconnected')
  await server.stop()
  expect(await asleep).toBe('disconnected')
})

test('settings of the caller win over ours', async () => {
  const server = await start({ dataDir, settings: { max_connections: '33', fsync: 'off' } })
  expect(await query(server.url, 'show max_connections')).toEqual([{ max_connections: '33' }])
  expect(await query(server.url, 'show fsync')).toEqual([{ fsync: 'off' }])
})

test('what hinders a server is said in its words, or in clearer ones', async () => {
  const first = await start({ dataDir })
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
    `Another PostgreSQL (process ${await pidIn(dataDir)}) serves ${dataDir} already. Stop it, or use it: ${first.url}`,
  )
  expect(await answers(first.url)).toBe(true)
  await first.stop()

  const refused = startEmbeddedPostgres({ dataDir, settings: { colour: 'red' } })
  await expect(refused).rejects.toThrow('unrecognized configuration parameter "colour"')
  const other = await start()
  await expect(startEmbeddedPostgres({ dataDir, port: other.port })).rejects.toThrow('Address already in use')
})

test('a directory with other things in it is refused and left alone', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'letter.txt'), 'Dear reader')
  await expect(startEmbeddedPostgres({ dataDir: directory })).rejects.toThrow('other things (letter.txt)')
  expect(await readFile(join(directory, 'letter.txt'), 'utf8')).toBe('Dear reader')
})

test.runIf(asRoot)(
  'root is told which directory keeps the server out, and nothing is left there',
  async () => {
    const closed = join(await temporaryDirectory(), 'closed')
    await mkdir(closed, { mode: 0o700 })
    await expect(startEmbeddedPostgres({ dataDir: join(closed, 'a', 'data') })).rejects.toThrow(
      `may not pass through ${closed}.`,
    )
    expect(existsSync(join(closed, 'a'))).toBe(false)
  },
)

test.runIf(asRoot)('root serves a data directory as its owner', async () => {
  const owned = await newDataDir()
  await mkdir(owned)
  await chown(owned, daemon, daemon)
  await start({ dataDir: owned })
  expect((await stat(join(owned, 'postmaster.pid'))).uid).toBe(daemon)
})

/** A user that every system has. */
const daemon = 1
