import type { JobQueue, ServiceListener, WorkerService } from '@jq/core'
import { StopWatch, type WakeUp } from '@jq/core/internal'
import { type TestDatabase, until } from '@jq/testing'
import { startTcpProxy, withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createJobQueue, type JobQueueOptions } from '../src/index.ts'
import { wait } from '../src/wait.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await queueDatabase()
})

test('nobody listens until somebody asks for what LISTEN brings', async () => {
  const queue = openQueue()
  await queue.add(anything, {})
  expect(await queue.health()).toMatchObject({ status: 'ok', listen: 'off' })
  expect(await listening()).toEqual([])
})

test('LISTEN is trusted once a canary came back over it', async () => {
  const queue = openQueue()
  await queue.addListener({ onJobStopped: () => undefined })
  expect(await queue.health()).toMatchObject({ status: 'ok', listen: 'ok', reasons: [] })
  expect(await listening()).toHaveLength(1)
})

test('LISTEN outlives a server that ends idle sessions', async () => {
  const connectionString = withSettings(database.url, { idle_session_timeout: '500ms' })
  const queue = openQueue({ connectionString })
  await queue.addListener({ onJobStopped: () => undefined })
  expect(await queue.health()).toMatchObject({ listen: 'ok' })
  const before = await listening()
  const other = new pg.Client(connectionString)
  other.on('error', () => undefined) // which is waited for
  const ended = new Promise<void>((resolve) => other.once('end', resolve))
  await other.connect()
  await ended
  expect(await listening()).toEqual(before)
  expect(await queue.health()).toMatchObject({ status: 'ok', listen: 'ok' })
})

test('an event is announced to those who listen', async () => {
  const queue = openQueue()
  const stopped = await heardStops(queue)
  const announced: string[] = []
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  onTestFinished(() => other.end())
  other.on('notification', ({ payload = '' }) => void announced.push(payload))
  await other.query('listen jobqueue_worker')
  const { id } = await queue.add(anything, {})
  await queue.cancelJob(id)
  await until('the stop is told', () => stopped.length > 0)
  await other.query('select') // notifications come with the next reply at the latest
  expect(announced).toContain('event')
  expect(stopped).toEqual([id])
})

test('who waits for a stop hears of it when its user has removed all listeners', async () => {
  const queue = openQueue()
  const { id } = await queue.add(anything, {})
  await queue.addListener({ onJobStopped: () => undefined })
  const stopped = (await queue.getRunState(id)).waitUntilStopped().catch(({ code }) => code)
  const listeners = () => database.query('select jobs, bundles, changes from worker.listener')
  await until('both kinds are wanted', async () =>
    (await listeners()).some(({ bundles }) => bundles === true),
  )
  await queue.removeAllListeners()
  expect(await listeners()).toHaveLength(1) // else it would look now and then, and nobody would tell it
  await queue.cancelJob(id)
  expect(await stopped).toBe('job_cancelled')
})

test('where notifications vanish, health says so and events come by polling', async () => {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  proxy.dropNotifications()
  const queue = openQueue({ listenConnectionString: proxy.url(database.url) })
  const stopped = await heardStops(queue)
  expect(await queue.health()).toMatchObject({
    status: 'degraded',
    database: 'ok',
    listen: 'degraded',
    reasons: [expect.stringMatching(/transaction pooler.*listenConnectionString.*wake: 'poll'.*polling/)],
  })
  const { id } = await queue.add(anything, {})
  await queue.cancelJob(id)
  await until('the stop is told', () => stopped.includes(id))
})

test('where LISTEN cannot connect, the first call waits for no more than one try', async () => {
  const queue = openQueue({ listenConnectionString: 'postgres://127.0.0.1:1/nowhere' })
  await queue.addListener({ onJobStopped: () => undefined })
  expect(await queue.health()).toMatchObject({
    listen: 'degraded',
    reasons: [expect.stringMatching(/^LISTEN failed/)],
  })
})

test('a LISTEN connection that is ended comes back, and the listeners are told that they may have missed something', async () => {
  const events: unknown[] = []
  const note = (fields: object) => void events.push((fields as { event?: string }).event)
  const queue = openQueue({ logger: { debug: note, info: note, warn: note, error: note } })
  const onResync = vi.fn()
  const stopped: string[] = []
  await queue.addListener({ onResync, onJobStopped: ({ jobId }) => void stopped.push(jobId) })
  const [before] = await listening()
  await database.query('select pg_terminate_backend($1)', [before])
  await until('another connection listens and is trusted', async () => {
    const now = await listening()
    return now.length === 1 && now[0] !== before && (await queue.health()).listen === 'ok'
  })
  await until('onResync is called', () => onResync.mock.calls.length > 0)
  expect(events).toEqual(['listen.lost', 'listen.restored'])
  expect(queue.work.vitals()).toMatchObject({ listen: 'ok', listenReconnects: 1 })
  const { id } = await queue.add(anything, {})
  await queue.cancelJob(id)
  await until('the stop is told', () => stopped.includes(id))
})

test('who begins to listen while the last one leaves is not deaf', async () => {
  const queue = openQueue()
  for (let round = 0; round < 5; round++) {
    const leave = await queue.addListener({ onJobStopped: () => undefined })
    const [stopped] = await Promise.all([heardStops(queue), leave()])
    expect(await announced()).toEqual([{ jobs: true, bundles: false }])
    const { id } = await queue.add(anything, {})
    await queue.cancelJob(id)
    await until('the stop is told', () => stopped.includes(id))
    await queue.removeAllListeners()
    expect(await announced()).toEqual([])
  }
})

test('listeners that begin at the same time miss nothing that comes after any of them', async () => {
  const queue = openQueue()
  const { id } = await queue.add(anything, {})
  const first: string[] = []
  const began = queue.addListener({ onJobStopped: ({ jobId }) => void first.push(jobId) })
  const others = [heardStops(queue), queue.addListener({ onJobBundleStopped: () => undefined })]
  await began
  await queue.cancelJob(id)
  await Promise.all(others)
  await until('the stop is told', () => first.includes(id))
  expect(await announced()).toEqual([{ jobs: true, bundles: true }])
})

test('each listener is told once that it may have missed something, however many there are', async () => {
  const queue = openQueue()
  const counts = [vi.fn(), vi.fn(), vi.fn()]
  const [leave] = await Promise.all(counts.map((onResync) => queue.addListener({ onResync })))
  await leave?.()
  await database.query('select pg_terminate_backend($1)', await listening())
  await until('onResync is called', () => counts[1]?.mock.calls.length !== 0)
  expect(counts.map(({ mock }) => mock.calls.length)).toEqual([0, 1, 1])
  await queue.removeAllListeners()
  expect(await queue.health()).toMatchObject({ listen: 'off' })
})

test('who waits for a stop listens only while waiting', async () => {
  const queue = openQueue()
  const { id } = await queue.add(anything, {})
  const waits = [await queue.getRunState(id), await queue.getRunState(id)].map((run) =>
    run.waitUntilStopped(),
  )
  const outcomes = Promise.allSettled(waits)
  await until('they listen', async () => (await announced()).length === 1)
  await queue.cancelJob(id)
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await until('nobody listens', async () => (await announced()).length === 0)
  expect(await queue.health()).toMatchObject({ listen: 'off' })
})

test('who waits for a stop can be called off while LISTEN still starts', async () => {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  proxy.dropNotifications() // the first canary is waited for in vain
  const queue = openQueue({ listenConnectionString: proxy.url(database.url) })
  const { id } = await queue.add(anything, {})
  const run = await queue.getRunState(id)
  const started = performance.now()
  await expect(run.waitUntilStopped({ signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  expect(performance.now() - started).toBeLessThan(2_000)
})

test('where a listener could not be added, the next look of who waits tries again', async () => {
  let fails = 2
  const told: ServiceListener[] = []
  const watch = new StopWatch((listener) => {
    if (fails-- > 0) return Promise.reject(new Error('not now'))
    told.push(listener)
    return Promise.resolve(async () => undefined)
  }, wait)
  const watched = watch.watch('one', undefined)
  for (let looks = 0; looks < 3; looks++) await watched.changed()
  expect(told).toHaveLength(1)
  watched.leave()
})

test("wake: 'poll' never listens, and still tells", async () => {
  const queue = openQueue({ wake: 'poll' })
  const stopped = await heardStops(queue)
  const { id } = await queue.add(anything, {})
  await queue.cancelJob(id)
  await until('the stop is told', () => stopped.includes(id))
  expect(await listening()).toEqual([])
  expect(await queue.health()).toMatchObject({ status: 'ok', listen: 'off' })
})

test('a process that sleeps is told of jobs of its types, and of an earlier due time', async () => {
  const queue = openQueue()
  const { hints, forget } = await heardHints(queue)
  const workerId = '0197a000-0000-7000-8000-00000000000a'
  await queue.work.look({ workerId, types: ['anything'], reap: false, sleeping: true })
  await queue.add(anything, {})
  await queue.add(anything, {}, { runAfter: '1h' })
  await until('two hints came', () => hints.length >= 2)
  expect(hints).toEqual([{ kind: 'available', jobType: 'anything' }, { kind: 'due' }])
  await forget()
})

test('nobody is notified while nobody sleeps on the type', async () => {
  const queue = openQueue()
  const { hints, forget } = await heardHints(queue)
  const [one, other] = ['0197a000-0000-7000-8000-00000000000a', '0197a000-0000-7000-8000-00000000000b']
  await queue.work.look({ workerId: one, types: ['another'], reap: false, sleeping: true })
  await queue.add(anything, {})
  await queue.work.look({ workerId: other, types: ['anything'], reap: false, sleeping: true })
  await queue.add(anything, {}) // notifications arrive in the order of the commits: this one is the first
  await until('a hint came', () => hints.length > 0)
  expect(hints).toEqual([{ kind: 'available', jobType: 'anything' }])
  await forget()
})

test('adds that end at the same moment notify once; one that goes on notifies itself', async () => {
  const queue = openQueue()
  const { hints, forget } = await heardHints(queue)
  const workerId = '0197a000-0000-7000-8000-00000000000a'
  await queue.work.look({ workerId, types: ['anything', 'other'], reap: false, sleeping: true })
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  // As an add does that is about to commit.
  await client.query('begin')
  await client.query(
    `select pg_advisory_xact_lock(hashtextextended('jobqueue worker available anything', 0))`,
  )
  await queue.add(anything, {})
  await queue.addMany([{ type: 'other', payload: {} }])
  await until('a hint came', () => hints.length > 0)
  expect(hints).toEqual([{ kind: 'available', jobType: 'other' }])
  await client.query(`select worker.add_job('anything', '{}')`)
  await client.query('commit')
  await queue.addMany([{ type: 'other', payload: {} }])
  await until('three hints came', () => hints.length > 2)
  expect(hints.slice(1)).toEqual([
    { kind: 'available', jobType: 'anything' },
    { kind: 'available', jobType: 'other' },
  ])
  await client.end()
  await forget()
})

test('close leaves no connection behind', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  await queue.addListener({ onJobStopped: () => undefined })
  await queue.add(anything, {})
  await queue.close()
  await until('all connections are gone', async () => {
    const rows = await database.query<{ name: string }>(
      `select application_name as name from pg_stat_activity where datname = current_database() and application_name like 'jobqueue%'`,
    )
    return rows.length === 0
  })
})

function openQueue(options: Partial<JobQueueOptions> = {}): WorkerService {
  const queue = createJobQueue({ connectionString: database.url, ...options })
  onTestFinished(() => queue.close())
  return queue
}

async function heardStops(queue: JobQueue): Promise<string[]> {
  const stopped: string[] = []
  await queue.addListener({ onJobStopped: ({ jobId }) => void stopped.push(jobId) })
  return stopped
}

/** Hints from now on, behind the one that says that LISTEN stands and others may have been missed. */
async function heardHints(queue: WorkerService) {
  const hints: WakeUp[] = []
  const forget = await queue.work.onWakeUp((hint) => void hints.push(hint))
  expect(hints.splice(0)).toEqual([{ kind: 'due' }])
  return { hints, forget }
}

/** The process ids of the connections that listen. */
async function listening(): Promise<number[]> {
  const rows = await database.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'jobqueue listen'`,
  )
  return rows.map(({ pid }) => pid)
}

/** Who is known to listen in this database, and to what. */
async function announced(): Promise<{ jobs: boolean; bundles: boolean }[]> {
  return database.query('select jobs, bundles from worker.listener')
}
