import { setTimeout as pause } from 'node:timers/promises'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { begun, countOf, startWorker } from './lab/lab.ts'
import { postgresUniverse } from './postgres-universe.ts'

// What takes its time by the clock: these run beside each other.

const WATCHED_S = inject('longForm') ? 120 : 20

test.concurrent('an idle worker process asks clearly less than 0.3 statements a second, and is renewed in time', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const proxy = await startTcpProxy(universe.url)
  const statements: string[] = []
  let saidAt = Number.POSITIVE_INFINITY
  const count = (sql: string) => {
    if (!/^(begin|commit)/.test(sql)) statements.push(sql)
    saidAt = performance.now()
    return false // it only looks
  }
  proxy.loseRequestOf(count)
  const defaults = {
    heartbeatInterval: '10s',
    deadFor: '1m',
    reapInterval: '10s',
    pollInterval: '5s',
  } as const
  const worker = await startWorker(proxy.url(universe.url), { worker: defaults, threads: 4 })
  await until(
    'it sleeps, and has looked a few times whether it may',
    () => performance.now() - saidAt > 2_000,
    {
      within: '1m',
    },
  )
  statements.length = 0
  let oldestS = 0
  for (const end = performance.now() + WATCHED_S * 1_000; performance.now() < end; await pause(500))
    oldestS = Math.max(oldestS, await silentFor(universe, worker.id))
  console.info(`idle: ${statements.length} statements in ${WATCHED_S} s`)
  const [beats, looks] = [/\bbeat\b/, /\blook\b/].map(
    (name) => statements.filter((sql) => name.test(sql)).length,
  )
  // A look every 5 s, which beats along, and a beat of its own every 30 s; twice in ten minutes it clears away besides.
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(0.24 * WATCHED_S + 1) // where the watch began
  expect(beats).toBeLessThanOrEqual(Math.ceil(WATCHED_S / 30))
  expect(looks).toBeGreaterThanOrEqual(3)
  expect(oldestS).toBeLessThanOrEqual(10)
  await worker.process.kill()
  await proxy.close()
  await universe.close()
}, 240_000)

test.concurrent('a black hole is noticed within 15 s, and work goes on over new connections', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const proxy = await startTcpProxy(universe.url)
  const worker = await startWorker(proxy.url(universe.url), {
    // Nothing is found by polling.
    worker: { heartbeatInterval: '1s', deadFor: '1m', pollInterval: '1h', reapInterval: '1h' },
    threads: 4,
  })
  const add = async (does: string) => {
    const [added] = await universe.queue.addMany([{ type: 'lab', payload: { does } }])
    return added?.id as string
  }
  const succeeds = (id: string) =>
    until('it has succeeded', async () => {
      const job = await universe.queue.getJob(id)
      return job?.state === 'succeeded' ? job : null
    })
  const held = await Promise.all([1, 2, 3].map(() => add('wait')))
  for (const id of held) await begun(worker, id)
  const before = await listening(universe)
  proxy.blackhole()
  const since = performance.now()
  const unheard = await add('end') // its notification is lost, and LISTEN with it
  worker.process.send({ tell: 'let-go' })
  const noticed = (what: string) =>
    worker.process.waitFor(what, (event) => event.said === 'logged' && event.message.includes(what), {
      within: '20s',
    })
  await noticed('a heartbeat failed')
  await noticed('a step failed')
  expect(performance.now() - since).toBeLessThan(15_000 + 1_500) // and a tenth for a machine that is busy elsewhere
  proxy.pass() // what was open stays dead
  // The hang is what says so: no canary is missed before half a minute of silence and five seconds more are over.
  await until('another connection listens', async () => (await listening(universe)) > before, {
    within: '15s',
  })
  for (const id of held)
    expect(await succeeds(id)).toMatchObject({ attempt: 1, crashCount: 0, workerId: worker.id })
  expect(await succeeds(unheard)).toMatchObject({ attempt: 1 })
  // It is told again, too.
  for (let n = 0; n < 3; n++) expect(await succeeds(await add('end'))).toMatchObject({ attempt: 1 })
  expect(countOf(worker, 'begun')).toBe(7)
  worker.process.send({ tell: 'finish' })
  expect(await worker.process.exited).toEqual({ code: 0, signal: null }) // no dead socket keeps it
  await proxy.close()
  await universe.close()
}, 120_000)

test.concurrent('where one statement has hung, no idle connection lets another one hang', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const proxy = await startTcpProxy(universe.url)
  // A pool that would keep them: our own lets go of what has been idle for ten seconds, sooner than a hang is noticed.
  const pool = new pg.Pool({
    connectionString: proxy.url(universe.url),
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
  })
  pool.on('error', () => undefined) // of connections that the proxy's end breaks
  const queue = createJobQueue({ pool })
  await Promise.all(Array.from({ length: 5 }, () => queue.getStats()))
  const { accepted } = proxy
  proxy.blackhole()
  const asked = queue.getStats()
  await until('it asks again over a new connection', () => proxy.accepted > accepted, { within: '20s' })
  proxy.pass()
  expect(await asked).toMatchObject({ available: 0 })
  await queue.close()
  await proxy.close()
  void pool.end() // which waits for the dead ones, too
  await universe.close()
}, 120_000)

test.concurrent('a LISTEN connection that nothing comes over any more is replaced', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const proxy = await startTcpProxy(universe.url)
  const worker = await startWorker(universe.url, {
    queue: { listenConnectionString: proxy.url(universe.url) },
    // Its looks take canaries along; its heartbeat goes over the proxy too, and is not to be seen there.
    worker: { heartbeatInterval: '1h', deadFor: '3h', pollInterval: '500ms' },
  })
  const { accepted } = proxy
  proxy.blackhole()
  await until('it tries another connection', () => proxy.accepted > accepted, { within: '1m' })
  proxy.pass()
  await until(
    'the new one listens',
    async () => (await listening(universe)) > 0 && proxy.bytes.fromServer > 0,
    { within: '30s' },
  )
  await worker.process.kill()
  await proxy.close()
  await universe.close()
}, 120_000)

/** By the clock of the database, in seconds. */
async function silentFor(
  universe: Awaited<ReturnType<typeof postgresUniverse>>,
  workerId: string,
): Promise<number> {
  const [row] = (await universe.query(
    `select extract(epoch from clock_timestamp() - worker_alive_at)::float8 as seconds from worker.worker where id = '${workerId}'`,
  )) as { seconds: number }[]
  return row?.seconds ?? Number.POSITIVE_INFINITY
}

/** When the newest connection of this universe that listens was made, in seconds; 0: none. */
async function listening(universe: Awaited<ReturnType<typeof postgresUniverse>>): Promise<number> {
  const [row] = (await universe.query(
    "select coalesce(extract(epoch from max(backend_start)), 0)::float8 as since from pg_stat_activity where application_name = 'jobqueue listen' and datname = current_database()",
  )) as { since: number }[]
  return row?.since ?? 0
}
