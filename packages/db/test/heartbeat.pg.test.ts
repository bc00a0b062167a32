import type { WorkerEntry } from '@jq/core/internal'
import { type TestDatabase, until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { connectionConfig } from '../src/connection-config.ts'
import { beatInTurn, type HeartbeatNews } from '../src/heartbeat/beat-in-turn.ts'
import { createJobQueue } from '../src/index.ts'
import { checkedOptions } from '../src/job-queue-options.ts'
import { queueDatabase } from './queue-database.ts'
import { beats, watchBeats } from './watch-beats.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await queueDatabase()
})

let workers = 0
function worker(heartbeatIntervalMs = 50): WorkerEntry {
  const id = `0197a000-0000-7000-8000-${String(++workers).padStart(12, '0')}`
  return {
    id,
    host: 'here',
    pid: process.pid,
    version: '1',
    jobTypes: [],
    threads: 1,
    heartbeatIntervalMs,
    deadForMs: 3_000,
  }
}

test('a process whose event loop is blocked goes on beating', async () => {
  const program = new URL('blocked-process.ts', import.meta.url)
  expect(await watchBeats(program, database, worker().id)).toEqual({ code: 0, stderr: '' })
})

test('a pool whose options hold functions beats on the main thread, and health says so', async () => {
  const { pool, queue } = queueWithPasswordFunction()
  const entry = worker()
  const alive = vi.fn()
  const membership = await queue.work.join(entry, { alive, failed: vi.fn() })
  await beats(database, entry.id, 3)
  const health = await queue.health()
  expect(health.status).toBe('degraded')
  expect(health.reasons).toEqual([
    expect.stringMatching(/hold functions.*main thread.*listenConnectionString/),
  ])
  await membership.leave()
  expect(await queue.health()).toMatchObject({ status: 'ok', reasons: [] })
  await queue.close()
  await pool.end()
})

test('plain options beat from a thread, and health finds nothing to say', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const entry = worker()
  const alive = vi.fn()
  const membership = await queue.work.join(entry, { alive, failed: vi.fn() })
  await until('three beats are told', () => alive.mock.calls.length >= 3)
  expect(await queue.health()).toMatchObject({ status: 'ok', reasons: [] })
  await membership.leave()
  await queue.close()
})

test('a heartbeat that loses its connection between two beats goes on over another', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const entry = worker()
  const membership = await queue.work.join(entry, { alive: () => undefined, failed: vi.fn() })
  await beats(database, entry.id, 2)
  const [ended] = await database.query<{ ended: number }>(`
    select count(pg_terminate_backend(pid))::int as ended from pg_stat_activity
    where datname = current_database() and application_name = 'jobqueue heartbeat'`)
  expect(ended?.ended).toBe(1)
  await beats(database, entry.id, 3)
  await membership.leave()
  await queue.close()
})

test('a heartbeat that cannot connect says so, and beats again once it can', async () => {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  const queue = createJobQueue({
    connectionString: database.url,
    listenConnectionString: proxy.url(database.url),
  })
  const entry = worker()
  const failed = vi.fn()
  const membership = await queue.work.join(entry, { alive: () => undefined, failed })
  await beats(database, entry.id, 2)
  proxy.refuse()
  proxy.cut()
  await until('the failure is told', () => failed.mock.calls.length > 0)
  expect(String(failed.mock.calls[0]?.[0])).toMatch(/heartbeat failed/)
  await proxy.accept()
  await beats(database, entry.id, 3)
  await membership.leave()
  await queue.close()
})

test('where others beat along, a heartbeat rests for three intervals and no longer', async () => {
  const intervalMs = 100
  const told: number[] = []
  const heartbeat = beatInTurn(
    { config: { connectionString: database.url }, statement: { text: 'select 1', values: [] }, intervalMs },
    ({ kind }: HeartbeatNews) => void (kind === 'beaten' && told.push(performance.now())),
  )
  heartbeat.beaten(process.hrtime.bigint() + 3_600_000_000_000n)
  await until('it beats all the same', () => told.length >= 3)
  await heartbeat.end()
  const [first, second, third] = told as [number, number, number]
  expect(second - first).toBeGreaterThanOrEqual(3 * intervalMs)
  expect(third - second).toBeGreaterThanOrEqual(3 * intervalMs)
})

test('the looks of a process that sleeps beat along; who was taken for dead is not brought back by them', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const entry = worker(60_000)
  const membership = await queue.work.join(entry, { alive: () => undefined, failed: vi.fn() })
  const silent = `update worker.worker set worker_alive_at = now() - interval '2 seconds' where id = '${entry.id}'`
  const isSilent = async (sleeping: boolean) => {
    await database.query(silent)
    await queue.work.look({ workerId: entry.id, types: [], reap: false, sleeping })
    const [row] = await database.query<{ silent: boolean }>(
      `select worker_alive_at < now() - interval '2 seconds' as silent from worker.worker where id = $1`,
      [entry.id],
    )
    return row?.silent
  }
  expect(await isSilent(true)).toBe(false)
  expect(await isSilent(false)).toBe(true)
  await database.query(`update worker.worker set stopped_at = now() where id = '${entry.id}'`)
  expect(await isSilent(true)).toBe(true)
  await membership.leave()
  await queue.close()
})

test('a worker that does not beat has no connection for it and is never taken for dead', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const entry = worker(0)
  const membership = await queue.work.join(entry, { alive: () => undefined, failed: vi.fn() })
  const [row] = await database.query(
    'select worker_alive_at, worker.is_alive(id) as alive from worker.worker where id = $1',
    [entry.id],
  )
  expect(row).toEqual({ worker_alive_at: null, alive: true })
  await membership.leave()
  await queue.close()
})

test('who leaves is no worker any more, and the heartbeat has gone with its connection', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const entry = worker()
  const membership = await queue.work.join(entry, { alive: () => undefined, failed: vi.fn() })
  await membership.leave()
  const [row] = await database.query('select worker.is_alive($1) as alive', [entry.id])
  expect(row).toEqual({ alive: false })
  await until('its connection is gone', async () => {
    const rows = await database.query(
      `select from pg_stat_activity where datname = current_database() and application_name = 'jobqueue heartbeat'`,
    )
    return rows.length === 0
  })
  await queue.close()
})

/** How many log in where passwords are short-lived. */
function queueWithPasswordFunction() {
  const { hostname, port, username, password, pathname } = new URL(database.url)
  const pool = new pg.Pool({
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    password: async () => decodeURIComponent(password),
  })
  onTestFinished(() => void (pool.ended || pool.end()))
  return { pool, queue: createJobQueue({ pool }) }
}

test('secrets that a pool hides from copies reach the heartbeat and LISTEN', () => {
  const ssl = () => ({ key: 'a key', cert: 'a certificate' })
  const pool = new pg.Pool({
    host: 'nowhere',
    password: 'a password',
    ssl: ssl(),
    max: 3,
    onConnect: () => undefined,
  })
  const config = connectionConfig(checkedOptions({ pool }))
  expect(structuredClone(config)).toEqual({ host: 'nowhere', password: 'a password', ssl: ssl() })
})
