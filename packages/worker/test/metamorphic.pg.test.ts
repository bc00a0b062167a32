import { defineJob, fixedDelay, SnoozeJob, TerminalJobError } from '@jq/core'
import { newId } from '@jq/core/internal'
import { createJobQueue } from '@jq/db'
import { seededRandom, testSeed, until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// The same work, done under other circumstances, comes to the same: what every job, bundle and listener has seen in the end does not
// depend on notifications, on how many work, on how much is taken at a time, nor on the order of the adds and how often each is made.

interface Circumstances {
  readonly notifications?: 'dropped' | 'repeated' | 'delayed'
  readonly workers?: number
  readonly threads?: number
  readonly addsAtATime?: number
  /** In another order, and once more in yet another one, as whoever got no answer does. */
  readonly repeated?: boolean
}
const circumstances: Readonly<Record<string, Circumstances>> = {
  'every notification is dropped': { notifications: 'dropped' },
  'every notification comes three times': { notifications: 'repeated' },
  'every notification comes late': { notifications: 'delayed' },
  'eight workers share it': { workers: 8, threads: 1 },
  'it is claimed one by one': { threads: 1 },
  'it is claimed by fifties': { threads: 50 },
  'it is added one by one, while it is worked off': { addsAtATime: 1 },
  'its adds are permuted and repeated': { repeated: true, addsAtATime: 25 },
}

const KINDS = ['succeeds', 'fails once', 'fails', 'is hopeless', 'snoozes once'] as const
const work = defineJob('work', { payload: z.object({ n: z.int(), kind: z.enum(KINDS) }) })
const after = defineJob('after', { payload: z.object({ bundle: z.int() }) })

for (const [what, varied] of Object.entries(circumstances))
  test(`the same work comes to the same where ${what}`, async () => {
    expect(await outcomeUnder(varied)).toEqual(EXPECTED)
  })

const JOBS = 100
const BUNDLES = 5
const kindOf = (n: number) => KINDS[n % KINDS.length] as (typeof KINDS)[number]

/** By what kind of job: how it stopped, and the ends of its attempts. */
const ENDS = {
  succeeds: 'succeeded after succeeded',
  'fails once': 'succeeded after failed, succeeded',
  fails: 'failed after failed, failed, failed',
  'is hopeless': 'failed after failed',
  'snoozes once': 'succeeded after snoozed, succeeded',
} as const
const EXPECTED = [
  ...Array.from({ length: JOBS }, (_, n) => `job ${n} ${kindOf(n)}: ${ENDS[kindOf(n)]}`),
  // Members come five by five, one of each kind, and two of those fail.
  ...Array.from({ length: BUNDLES }, (_, n) => `bundle ${n}: 5 of 5 stopped, 2 failed, epoch 1, told once`),
  ...Array.from({ length: BUNDLES }, (_, n) => `after bundle ${n}: succeeded`),
].sort()

/** Does it all, and tells what came of it, in lines. */
async function outcomeUnder(varied: Circumstances): Promise<readonly string[]> {
  const { workers = 1, threads = 10, addsAtATime = JOBS, repeated = false } = varied
  const universe = await postgresUniverse(inject('pgUrl'))
  const proxy = await startTcpProxy(universe.url)
  const queue = createJobQueue({
    connectionString: universe.url,
    listenConnectionString: proxy.url(universe.url),
  })
  const told: string[] = []
  await queue.addListener({ onJobBundleStopped: ({ bundleId }) => void told.push(bundleId) })
  if (varied.notifications === 'dropped') proxy.dropNotifications()
  if (varied.notifications === 'delayed') proxy.delay(150)
  const endEcho = varied.notifications === 'repeated' ? await echo(universe.url) : async () => undefined
  onTestFinished(async () => {
    await endEcho()
    await queue.close()
    await proxy.close()
    expect(await universe.broken()).toEqual([])
    await universe.close()
  })
  let looks = 0
  const look = queue.work.look.bind(queue.work)
  queue.work.look = (request) => {
    looks++
    return look(request)
  }
  const ran = new Map<number, number>()
  const pollInterval = varied.notifications === 'dropped' ? '100ms' : '1h'
  // Who looks for the dead would find what waits as well.
  const alone = { pollInterval, reapInterval: '1h' } as const
  const crew = Array.from({ length: workers }, () =>
    createWorker(queue, { ...alone, maxRetryCount: 2 })
      .register(work, ({ n, kind }) => run(kind, countUp(ran, n)), { retryRule: fixedDelay(5) })
      .register(after, () => undefined),
  )
  onTestFinished(async () => void (await Promise.all(crew.map((worker) => worker.stopThreads()))))
  for (const worker of crew) await worker.startThreads(threads)
  // The looks of falling asleep are over: from here on it takes a notification, or a poll, to find what is added.
  await until('all sleep', () => looks > 5 * workers)

  const random = seededRandom(testSeed(inject('seed')))
  const ids = Array.from({ length: JOBS }, () => newId())
  const bundles = Array.from({ length: BUNDLES }, () => newId())
  const inOrder = ids.map((_, n) => n)
  const orders = repeated ? [random.shuffle(inOrder), random.shuffle(inOrder)] : [inOrder]
  const desc = (n: number) => work.with({ n, kind: kindOf(n) }, repeated ? { id: ids[n] } : {})
  for (const order of orders) {
    for (const [n, id] of bundles.entries()) {
      const jobs = order.filter((one) => Math.floor(one / KINDS.length) === n).map(desc)
      const whenStopped = [after.with({ bundle: n })]
      await queue.addBundle({ id, type: 'b', origin: 'o', jobs, whenStopped })
    }
    const others = order.filter((n) => n >= KINDS.length * BUNDLES)
    for (let at = 0; at < others.length; at += addsAtATime)
      await queue.addMany(others.slice(at, at + addsAtATime).map(desc))
  }

  await until(
    'all has stopped',
    async () => {
      const { succeeded, failed } = await queue.getStats()
      return succeeded + failed === JOBS + BUNDLES
    },
    { within: '30s' },
  )
  await until('all stops were told', () => new Set(told).size === BUNDLES)
  return [...(await jobLines(queue)), ...(await bundleLines(queue, bundles, told))].sort()
}

function run(kind: (typeof KINDS)[number], time: number): void {
  if (kind === 'is hopeless') throw new TerminalJobError('it is hopeless')
  if (kind === 'fails' || (kind === 'fails once' && time === 1)) throw new Error('it failed')
  if (kind === 'snoozes once' && time === 1) throw new SnoozeJob(5)
}

function countUp(counts: Map<number, number>, n: number): number {
  const count = (counts.get(n) ?? 0) + 1
  counts.set(n, count)
  return count
}

type Queue = ReturnType<typeof createJobQueue>

async function jobLines(queue: Queue): Promise<readonly string[]> {
  const { jobs } = await queue.getJobs({ limit: 1_000 })
  return Promise.all(
    jobs.map(async ({ id, type, state, payload }) => {
      if (type === after.type) return `after bundle ${(payload as { bundle: number }).bundle}: ${state}`
      const { n, kind } = payload as { n: number; kind: string }
      const ends: string[] = (await queue.getAttempts(id)).map(({ outcome }) => outcome)
      return `job ${n} ${kind}: ${state} after ${[...ends, ...(state === 'succeeded' ? [state] : [])].join(', ')}`
    }),
  )
}

async function bundleLines(
  queue: Queue,
  ids: readonly string[],
  told: readonly string[],
): Promise<readonly string[]> {
  return Promise.all(
    ids.map(async (id, n) => {
      const { bundle } = await queue.getBundleState(id)
      const { numJobs, numJobsStopped, numJobsFailed, epoch } = bundle
      const times = told.filter((one) => one === id).length === 1 ? 'once' : 'not once'
      return `bundle ${n}: ${numJobsStopped} of ${numJobs} stopped, ${numJobsFailed} failed, epoch ${epoch}, told ${times}`
    }),
  )
}

/** Says again what others said, twice in a row: whoever hears it has not done yet with the first. */
async function echo(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client(url)
  await client.connect()
  const own = (await client.query('select pg_backend_pid() as pid')).rows[0].pid
  let saying: Promise<unknown> = Promise.resolve()
  client.on('notification', ({ processId, channel, payload }) => {
    if (processId === own) return
    for (let again = 0; again < 2; again++)
      saying = saying.then(() => client.query('select pg_notify($1, $2)', [channel, payload]))
  })
  await client.query('listen jobqueue_worker')
  return async () => {
    await client.query('unlisten *')
    await saying
    await client.end()
  }
}
