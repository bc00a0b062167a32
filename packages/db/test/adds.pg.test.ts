import {
  type AddResult,
  InvalidInputError,
  type JobDesc,
  type JobOptions,
  type WorkerService,
} from '@jq/core'
import { newId } from '@jq/core/internal'
import type { TestDatabase } from '@jq/testing'
import { startTcpProxy, withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { countedPool } from './counted-pool.ts'
import { queueDatabase } from './queue-database.ts'
import { anything, numbered } from './some-jobs.ts'

let database: TestDatabase
let queue: WorkerService

beforeEach(async () => {
  database = await queueDatabase()
  queue = openQueue()
})

test('adds that are made at the same time share a few statements, and each resolves with its own id', async () => {
  const { pool, statements } = countedPool(database.url)
  const folding = createJobQueue({ pool })
  const ids = Array.from({ length: 1_000 }, () => newId())
  const results = await Promise.all(ids.map((id, number) => folding.add(anything, { number }, { id })))
  expect(results).toEqual(ids.map((id) => ({ id, status: 'added' })))
  const inserts = statements.filter((sql) => sql.includes('insert_'))
  // At most 500 jobs in each; the first may have left before the others were there.
  expect(inserts.length).toBeLessThanOrEqual(4)
  expect(await folding.getStats()).toMatchObject({ available: 1_000 })
  await folding.close()
})

test('an add that is alone is one statement', async () => {
  const { pool, statements } = countedPool(database.url)
  const alone = createJobQueue({ pool })
  await alone.getStats()
  statements.length = 0
  await alone.add(anything, {})
  expect(statements).toHaveLength(1)
  await alone.close()
})

test('jobs that are added at the same time keep the order of the calls', async () => {
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, number) => queue.add(anything, { number })),
  )
  const { jobs } = await queue.getJobs()
  expect(jobs.map(({ id }) => id).reverse()).toEqual(results.map(({ id }) => id))
})

test('an error reaches only the call that caused it', async () => {
  await database.query(
    `alter table worker.job add constraint no_thirteen check (payload ->> 'number' <> '13')`,
  )
  const calls = Array.from({ length: 40 }, (_, number) => queue.add(anything, { number }))
  const outcomes = await Promise.allSettled(calls)
  const failed = outcomes.flatMap(({ status }, number) => (status === 'rejected' ? [number] : []))
  expect(failed).toEqual([13])
  await expect(calls[13]).rejects.toMatchObject({ code: '23514', constraint: 'no_thirteen' })
  expect(await queue.getStats()).toMatchObject({ available: 39 })
})

test('the same id in two calls at once is one job, added by the first', async () => {
  const id = newId()
  const results = await Promise.all([queue.add(anything, 'a', { id }), queue.add(anything, 'b', { id })])
  expect(results).toEqual([
    { id, status: 'added' },
    { id, status: 'duplicate' },
  ])
  expect((await queue.getJob(id))?.payload).toBe('a')
})

test('an add whose reply is lost is repeated, is one job, and was added', async () => {
  const { proxy, behind } = await queueBehindProxy()
  const { lost } = proxy.loseReplyOf((sql) => sql.includes('insert_plain_jobs'))
  const ids = Array.from({ length: 20 }, () => newId())
  const results = await Promise.all(ids.map((id) => behind.add(anything, {}, { id })))
  expect(lost).toMatchObject([{ executed: true, failed: false }])
  expect(results).toEqual(ids.map((id) => ({ id, status: 'added' })))
  expect(await queue.getStats()).toMatchObject({ available: 20 })
})

test('an add with a key whose reply is lost was added, and its key does not stand in its own way', async () => {
  const { proxy, behind } = await queueBehindProxy()
  const { lost } = proxy.loseReplyOf((sql) => sql.includes('insert_jobs'))
  const id = newId()
  expect(await behind.add(anything, {}, { id, uniqueKey: 'k' })).toEqual({ id, status: 'added' })
  expect(lost).toHaveLength(1)
  expect(await behind.add(anything, {}, { uniqueKey: 'k' })).toEqual({ id, status: 'duplicate' })
})

test('jobs that are alike, added together under new ids, are stored as each of them alone', async () => {
  const options = {
    origin: 'import',
    priority: 7,
    maxRetryCount: 3,
    maxTimeoutRetryCount: -1,
    timeout: '2m',
    groupKey: 'g',
    trace: { traceparent: '00-1-2-03' },
  } as const
  const alike = (place: number, own: JobOptions) =>
    anything.with({ place, text: `a "quoted", {braced} \\ ${place}` }, { ...options, ...own })
  for (const start of [{}, { startAt: new Date('2100-01-02T03:04:05.678Z') }, { runAfter: '2h' } as const]) {
    const alone = await queue.addMany([0, 1].map((place) => alike(place, { ...start, id: newId() })))
    const together = await queue.addMany([0, 1].map((place) => alike(place, start)))
    expect(statusesOf(together)).toEqual({ added: 2 })
    expect(await storedAs(together)).toEqual(await storedAs(alone))
  }
})

async function storedAs(results: readonly AddResult[]): Promise<unknown> {
  return database.query(
    `select to_jsonb(j) - '{seq,id,created_at,start_at}'::text[] as job, date_trunc('hour', j.start_at) as hour,
      to_jsonb(a) - 'seq' as available, to_jsonb(s) - '{seq,start_at}'::text[] as scheduled, s.start_at = j.start_at as same_start
    from worker.job j left join worker.job_available a using (seq) left join worker.job_scheduled s using (seq)
    where j.id = any ($1) order by j.seq`,
    [results.map(({ id }) => id)],
  )
}

test('an add whose request is lost is repeated', async () => {
  const { proxy, behind } = await queueBehindProxy()
  const { lost } = proxy.loseRequestOf((sql) => sql.includes('insert_plain_jobs'), { times: 3 })
  expect(await behind.add(anything, {})).toMatchObject({ status: 'added' })
  expect(lost).toHaveLength(3)
  expect(await queue.getStats()).toMatchObject({ available: 1 })
})

test('an addMany of one statement whose reply is lost adds each job once', async () => {
  const { proxy, behind } = await queueBehindProxy()
  const { lost } = proxy.loseReplyOf((sql) => sql.includes('insert_plain_jobs'))
  const results = await behind.addMany(numbered(30))
  expect(lost).toHaveLength(1)
  expect(statusesOf(results)).toEqual({ added: 30 })
  expect(await queue.getStats()).toMatchObject({ available: 30 })
})

test('an addBundle of one statement whose reply is lost adds one bundle', async () => {
  const { proxy, behind } = await queueBehindProxy()
  const { lost } = proxy.loseReplyOf((sql) => sql.includes('insert_whole_bundle'))
  const { id, jobs } = await behind.addBundle({ type: 'b', origin: 'test', jobs: numbered(30) })
  expect(lost).toHaveLength(1)
  expect(statusesOf(jobs)).toEqual({ added: 30 })
  expect(await queue.getJobBundle(id)).toMatchObject({ numJobs: 30 })
  expect(await queue.getStats()).toMatchObject({ available: 30 })
})

test('a transaction of many statements whose commit is cut off says that nobody knows, and names an id', async () => {
  const { proxy, behind } = await queueBehindProxy()
  const { lost } = proxy.loseReplyOf((sql) => sql === 'commit')
  const id = newId()
  const jobs = [anything.with({}, { id }), ...numbered(1_500)]
  await expect(behind.addMany(jobs)).rejects.toMatchObject({ code: 'commit_unknown', id })
  expect(lost).toHaveLength(1)
  // Its caller may ask, or repeat what has ids of its own.
  expect(await queue.add(anything, {}, { id })).toEqual({ id, status: 'duplicate' })
})

test('addMany takes 70,000 jobs from a generator', async () => {
  const results = await queue.addMany(numbered(70_000))
  expect(statusesOf(results)).toEqual({ added: 70_000 })
  expect(new Set(results.map(({ id }) => id)).size).toBe(70_000)
  expect(await queue.getStats()).toMatchObject({ available: 70_000 })
  const [last] = (await queue.getJobs({ limit: 1 })).jobs
  expect(last).toMatchObject({ id: results.at(-1)?.id, payload: { number: 69_999 } })
})

test('addMany of nothing adds nothing', async () => {
  expect(await queue.addMany([])).toEqual([])
})

test('addMany adds all or none: a later entry that cannot be is named, and takes the earlier with it', async () => {
  function* withFault(): Generator<JobDesc> {
    yield* numbered(1_500)
    yield { type: 'anything', payload: undefined }
  }
  const error = await queue.addMany(withFault()).catch((error) => error)
  expect(error).toBeInstanceOf(InvalidInputError)
  expect(error).toMatchObject({ reason: 'undefined_value', path: 'jobs[1500].payload' })
  expect(await queue.getStats()).toMatchObject({ available: 0 })
})

test("addMany adds all or none where the caller's generator throws", async () => {
  async function* broken(): AsyncGenerator<JobDesc> {
    yield* numbered(1_500)
    throw new Error('the file ended')
  }
  await expect(queue.addMany(broken())).rejects.toThrow('the file ended')
  expect(await queue.getStats()).toMatchObject({ available: 0 })
})

test('addBundle adds all or none', async () => {
  function* withFault(): Generator<JobDesc> {
    yield* numbered(2_500)
    yield { type: 'not a type', payload: 1 }
  }
  const id = newId()
  const adding = queue.addBundle({ id, type: 'b', origin: 'test', jobs: withFault() })
  await expect(adding).rejects.toMatchObject({ reason: 'invalid_job_type', path: 'jobs[2500].type' })
  expect(await queue.getJobBundle(id)).toBeNull()
  expect(await queue.getStats()).toMatchObject({ available: 0 })
})

test('addBundle reads its jobs as a stream, while it inserts them', async () => {
  const { pool, statements } = countedPool(database.url)
  const streaming = createJobQueue({ pool })
  const insertedAt: number[] = []
  function* watched(): Generator<JobDesc> {
    for (const job of numbered(5_500)) {
      insertedAt.push(statements.filter((sql) => sql.includes('insert_members')).length)
      yield job
    }
  }
  const { id, jobs } = await streaming.addBundle({ type: 'b', origin: 'test', jobs: watched() })
  // A thousand a statement, of which two are read before the first leaves.
  expect([insertedAt[1_999], insertedAt[2_500], insertedAt[5_499]]).toEqual([0, 2, 5])
  expect(await queue.getBundleState(id)).toMatchObject({
    bundle: { numJobs: 5_500, numJobsStopped: 0, stoppedAt: null },
  })
  const first = await queue.getJobs({ bundleId: id, limit: 1_000 })
  expect(first.jobs.map((job) => job.id)).toEqual(jobs.slice(0, 1_000).map((job) => job.id))
  await streaming.close()
})

test('an id that comes twice in one call is one job, also far apart', async () => {
  const id = newId()
  const results = await queue.addMany([
    anything.with('first', { id }),
    ...numbered(1_500),
    anything.with('second', { id }),
  ])
  expect(results.at(0)).toEqual({ id, status: 'added' })
  expect(results.at(-1)).toEqual({ id, status: 'duplicate' })
  expect(statusesOf(results)).toEqual({ added: 1_501, duplicate: 1 })
  expect((await queue.getJob(id))?.payload).toBe('first')
})

test('an id that was added before is a duplicate, whatever its job has come to', async () => {
  const { id } = await queue.add(anything, {})
  await queue.cancelJob(id)
  expect(await queue.add(anything, {}, { id })).toEqual({ id, status: 'duplicate' })
  expect(await queue.addMany([anything.with({}, { id })])).toEqual([{ id, status: 'duplicate' }])
  expect((await queue.getJob(id))?.state).toBe('cancelled')
})

test('a hundred concurrent adds of one key are one job', async () => {
  const queues = Array.from({ length: 4 }, () => openQueue())
  const calls = Array.from({ length: 100 }, (_, n) =>
    queues[n % 4]?.add(anything, { n }, { uniqueKey: 'only one' }),
  )
  const results = (await Promise.all(calls)) as AddResult[]
  expect(statusesOf(results)).toEqual({ added: 1, duplicate: 99 })
  expect(new Set(results.map(({ id }) => id)).size).toBe(1)
  expect(await queue.getStats()).toMatchObject({ available: 1 })
})

test('a key is free again once its job has stopped or is deleted', async () => {
  const first = await queue.add(anything, {}, { uniqueKey: 'k' })
  expect(await queue.add(anything, {}, { uniqueKey: 'k' })).toEqual({ id: first.id, status: 'duplicate' })
  expect(await queue.cancelJob(first.id)).toBe('cancelled')
  const second = await queue.add(anything, {}, { uniqueKey: 'k' })
  expect(second).toEqual({ id: expect.not.stringMatching(first.id), status: 'added' })
  expect(await queue.deleteJob(second.id)).toBe(true)
  expect(await queue.add(anything, {}, { uniqueKey: 'k' })).toMatchObject({ status: 'added' })
})

test('a key stays held while its job waits for its time', async () => {
  const { id } = await queue.add(anything, {}, { uniqueKey: 'k', runAfter: '1h' })
  expect(await queue.add(anything, {}, { uniqueKey: 'k' })).toEqual({ id, status: 'duplicate' })
})

test('keys in opposite orders never wait for each other crosswise', async () => {
  const queues = Array.from({ length: 4 }, () => openQueue())
  const keys = Array.from({ length: 60 }, (_, n) => `key ${n}`)
  const rounds = queues.map((one, n) => {
    const order = n % 2 === 0 ? keys : [...keys].reverse()
    return one.addMany(order.map((uniqueKey) => anything.with({}, { uniqueKey })))
  })
  const results = (await Promise.all(rounds)).flat()
  expect(statusesOf(results)).toEqual({ added: 60, duplicate: 180 })
})

test("a key in somebody's open transaction delays nobody but those who want it", async () => {
  const other = await holderOf('held')
  let settled = false
  const wanting = [queue.add(anything, {}, { uniqueKey: 'held' })]
  const atOnce = Array.from({ length: 40 }, (_, n) => queue.add(anything, {}, { uniqueKey: `free ${n}` }))
  void wanting[0]?.finally(() => {
    settled = true
  })
  const started = performance.now()
  expect(statusesOf(await Promise.all(atOnce))).toEqual({ added: 40 })
  expect(performance.now() - started).toBeLessThan(4_000) // a second of patience, and the halving
  wanting.push(queue.add(anything, {}, { uniqueKey: 'held' }))
  const later = performance.now()
  await queue.add(anything, {}, { uniqueKey: 'also free' })
  expect(performance.now() - later).toBeLessThan(900) // nobody waits in front of others a second time
  expect(settled).toBe(false)
  await other.query('rollback')
  expect(statusesOf(await Promise.all(wanting))).toEqual({ added: 1, duplicate: 1 })
})

test('so it is where the server lets no statement wait that long for a key', async () => {
  const own = createJobQueue({ connectionString: withSettings(database.url, { statement_timeout: '700ms' }) })
  onTestFinished(() => own.close())
  const other = await holderOf('held')
  const wanting = own.add(anything, {}, { uniqueKey: 'held' })
  const others = Array.from({ length: 8 }, (_, n) => own.add(anything, {}, { uniqueKey: `free ${n}` }))
  expect(statusesOf(await Promise.all(others))).toEqual({ added: 8 })
  await other.query('rollback')
  expect(await wanting).toMatchObject({ status: 'added' })
})

test('a job whose key stays in an open transaction fails in the end, and says why', async () => {
  const other = await holderOf('held')
  const adding = queue.add(anything, {}, { uniqueKey: 'held' })
  adding.catch(() => undefined)
  await queue.add(anything, {}, { uniqueKey: 'free' }) // comes after the second that "held" was waited for
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 31_000)
  onTestFinished(() => clock.mockRestore())
  await expect(adding).rejects.toMatchObject({
    code: 'key_held',
    uniqueKey: 'held',
    cause: { code: '55P03' },
  })
  await other.query('rollback')
  expect(await queue.add(anything, {}, { uniqueKey: 'held' })).toMatchObject({ status: 'added' })
})

/** Somebody who has taken the key in a transaction and leaves it open. */
async function holderOf(uniqueKey: string): Promise<pg.Client> {
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('begin')
  await other.query('select * from worker.insert_jobs($1::jsonb)', [
    JSON.stringify([{ id: newId(), type: 'anything', origin: 'test', unique_key: uniqueKey, payload: 1 }]),
  ])
  return other
}

function openQueue(): WorkerService {
  const opened = createJobQueue({ connectionString: database.url })
  onTestFinished(() => opened.close())
  return opened
}

async function queueBehindProxy() {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  const behind = createJobQueue({ connectionString: proxy.url(database.url) })
  onTestFinished(() => behind.close())
  return { proxy, behind }
}

function statusesOf(results: readonly AddResult[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(results, ({ status }) => status)].map(([status, some]) => [status, some.length]),
  )
}
