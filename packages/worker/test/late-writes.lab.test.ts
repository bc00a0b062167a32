import { until } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import { startTcpProxy } from '@jq/testing/lab'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { begun, type LabWorker, patient, startWorker } from './lab/lab.ts'
import { KINDS } from './lab/lab-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

// P4 and P5: what a process writes whose lease lapsed while it was paused, or cut off.

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let workers: LabWorker[] = []
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  await universe.query('create table public.effect (job_id uuid, attempt int)')
})
afterEach(async () => {
  for (const { process } of workers) process.signal('SIGKILL')
  await Promise.all(workers.map(({ process }) => process.exited))
  workers = []
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

const start: typeof startWorker = async (...args) => {
  const worker = await startWorker(...args)
  workers.push(worker)
  return worker
}

/** Hears of its loss by nothing but its own late writes: it beats, polls and checks once an hour. */
const unaware = { heartbeatInterval: '1h', deadFor: '3h', pollInterval: '1h', reapInterval: '1h' } as const

// S73
test("no stale attempt's write is accepted, of seven kinds, from a process that was paused", async () => {
  const { stale, ids } = await sevenAttempts(universe.url)
  await stale.process.stop()
  const successor = await runElsewhere(ids)
  stale.process.resume()
  await reportLate(stale)
  await allRefused(stale, successor)
})

test("no stale attempt's write is accepted, of seven kinds, from a process that was cut off", async () => {
  const proxy = await startTcpProxy(universe.url)
  const { stale, ids } = await sevenAttempts(proxy.url(universe.url))
  proxy.hold() // what it sends from here on arrives when the network is back
  const successor = await runElsewhere(ids)
  await reportLate(stale)
  proxy.pass()
  await allRefused(stale, successor)
  await proxy.close()
})

// P5
test('a worker that wakes up finds its signal aborted and its writes refused', async () => {
  const [added] = await universe.queue.addMany([{ type: 'lab', payload: { does: 'cling' } }])
  const id = added?.id as string
  const paused = await start(universe.url)
  await begun(paused, id)
  await paused.process.stop()
  const heir = await start(universe.url)
  await begun(heir, id) // both run it now
  paused.process.resume()
  await paused.process.waitFor(
    'its signal is aborted',
    (event) => event.said === 'aborted' && event.reason === 'attemptLost',
  )
  await until('both of its writes are refused', () => codes(paused).length === 2)
  expect(codes(paused)).toEqual(['attempt_lost', 'attempt_lost'])
  expect(await universe.queue.getJob(id)).toMatchObject({ state: 'running', attempt: 2, progress: null })
  expect(await universe.query('select from public.effect')).toEqual([])
  heir.process.signal('SIGKILL')
  const [next] = await universe.queue.addMany([{ type: 'lab', payload: { does: 'end' } }])
  await until('it works on', async () => {
    const job = await universe.queue.getJob(next?.id as string)
    return job?.state === 'succeeded' && job.workerId === paused.id
  })
})

/** One process that runs an attempt of each kind, and means to report them. */
async function sevenAttempts(url: string): Promise<{ stale: LabWorker; ids: string[] }> {
  const bundle = await universe.queue.addBundle({
    type: 'b',
    origin: 'o',
    jobs: KINDS.map((kind) => ({
      type: 'lab',
      payload: { does: 'late', kind },
      ...(kind === 'timedOut' && { timeout: '4s' }),
    })),
    whenStopped: [{ type: 'never', payload: 1 }],
  })
  const stale = await start(url, { worker: unaware, threads: KINDS.length })
  const ids = bundle.jobs.map(({ id }) => id)
  for (const id of ids) await begun(stale, id)
  await stale.process.waitFor('its transaction is open', ({ said }) => said === 'written')
  return { stale, ids }
}

/** Lets the lease lapse, and another process run all of it. */
async function runElsewhere(ids: readonly string[]): Promise<Successor> {
  await universe.age(4 * 3_600_000)
  const reaper = await Hand.join(universe.queue, { types: ['something-else'] })
  await reaper.look()
  expect(await universe.queue.getStats()).toMatchObject({ available: ids.length })
  // Side by side and without a time limit, so that each late write finds its successor at work.
  await universe.query('update worker.job_available set solo = false, crashes = 0')
  await universe.query('update worker.job set timeout_ms = null')
  const heir = await start(universe.url, { worker: patient, threads: ids.length })
  for (const id of ids) await begun(heir, id)
  return { heir, ids, rows: await stored() }
}

interface Successor {
  readonly heir: LabWorker
  readonly ids: readonly string[]
  readonly rows: object
}

/** Four end by themselves, one in its transaction, and one by its time-out. */
async function reportLate(stale: LabWorker): Promise<void> {
  stale.process.send({ tell: 'let-go' })
  for (const kind of ['succeeded', 'failed', 'snoozed'])
    await stale.process.waitFor(`it ends: ${kind}`, (event) => event.said === 'ended' && event.does === kind)
  await stale.process.waitFor(
    'its time is up',
    (event) => event.said === 'aborted' && event.reason === 'timeout',
  )
}

/** The last one ends because its process is told to stop. Where that is sooner than an answer, it ends what waits for one. */
async function allRefused(stale: LabWorker, { heir, ids, rows }: Successor): Promise<void> {
  await until('two of its writes are refused', () => codes(stale).length === 2, { within: '30s' })
  stale.process.send({ tell: 'finish', timeout: 0 })
  expect(await stale.process.exited).toEqual({ code: 0, signal: null })
  const over = stale.process.events.flatMap((event) =>
    event.said === 'logged' && event.message.includes('was over') ? [event.seq] : [],
  )
  expect(codes(stale)).toEqual(['attempt_lost', 'attempt_lost']) // progress, transaction
  expect(new Set(over).size).toBe(KINDS.length) // these two tried to fail as well
  expect(await stored()).toEqual(rows)
  heir.process.send({ tell: 'let-go' })
  await until('the others end it', async () => (await universe.queue.getStats()).succeeded === KINDS.length)
  for (const id of ids)
    expect(await universe.queue.getJob(id)).toMatchObject({
      attempt: 2,
      result: { attempt: 2, workerId: heir.id },
      progress: null,
    })
}

function codes({ process }: LabWorker): string[] {
  return process.events.flatMap((event) => (event.said === 'refused' ? [event.code] : []))
}

/** Every row that an outcome could touch, each with the number of its last write. */
async function stored(): Promise<object> {
  const tables = [
    ...['job', 'job_available', 'job_scheduled', 'job_running', 'job_stopped', 'job_attempt', 'job_bundle'],
    'event',
  ]
  const rows = await Promise.all(
    tables.map((table) =>
      universe.query(`select t.xmin::text, to_jsonb(t) as row from worker.${table} t order by 2`),
    ),
  )
  return { rows, effects: await universe.query('select * from public.effect') }
}
