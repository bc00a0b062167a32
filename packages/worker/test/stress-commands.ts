import {
  defineJob,
  type JobDesc,
  type NextRun,
  type Schedule,
  type ScheduleSpec,
  type WorkerService,
} from '@jq/core'
import { type AttemptKey, type ClaimedJob, newId, type Outcome, planTicks, timesOf } from '@jq/core/internal'
import type { SeededRandom } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import type pg from 'pg'
import { z } from 'zod'

/** What one client of the stress run works with. */
export interface StressClient {
  readonly queue: WorkerService
  /** Answers as the server does: nothing is tried again. */
  sql(statement: string, values?: unknown[]): Promise<any[]>
  readonly random: SeededRandom
  /** Ids that all clients know, the newest last. */
  readonly known: { readonly jobs: string[]; readonly bundles: string[] }
  hand: Hand
  held: ClaimedJob[]
}

type Ending = Outcome extends infer One
  ? One extends AttemptKey
    ? Omit<One, keyof AttemptKey>
    : never
  : never
type Command = (client: StressClient) => Promise<unknown>
type CommandInTransaction = (client: StressClient, options: { db?: pg.Client }) => Promise<unknown>

/** What a caller's transaction may hold. Keys and bundles are few, so that everybody meets everybody. */
export const inTransaction: Record<string, CommandInTransaction> = {
  add: async (c, options) =>
    learn(c, [
      await c.queue.add(work, {}, { uniqueKey: pick(c, KEYS), origin: pick(c, ORIGINS), ...options }),
    ]),
  addMany: async (c, options) => learn(c, await c.queue.addMany(some(c, 4), options)),
  addWithKeys: async (c, options) =>
    learn(
      c,
      await c.queue.addMany(
        some(c, 3).map((job) => ({ ...job, uniqueKey: pick(c, KEYS) })),
        options,
      ),
    ),
  addBundle: async (c, options) => {
    const spec = { id: newId(), type: pick(c, TYPES), origin: pick(c, ORIGINS), jobs: some(c, 4) }
    const { id, jobs } = await c.queue.addBundle(
      { ...spec, whenStopped: [job(c)], open: chance(c, 2), deleteOnSuccess: chance(c, 2) },
      options,
    )
    c.known.bundles.push(id)
    learn(c, jobs)
  },
  addToBundle: async (c, options) => learn(c, await c.queue.addToBundle(bundleId(c), some(c, 3), options)),
  sealBundle: (c, options) => c.queue.sealBundle(bundleId(c), options),
  cancelJob: (c, options) => c.queue.cancelJob(jobId(c), options),
  cancelJobBundle: (c, options) => c.queue.cancelJobBundle(bundleId(c), options),
  resetJob: (c, options) => c.queue.resetJob(jobId(c), options),
  'resetJob, cancelling': (c, options) => c.queue.resetJob(jobId(c), { ifRunning: 'cancel', ...options }),
  resetJobs: (c, options) => c.queue.resetJobs([jobId(c), jobId(c), jobId(c), jobId(c)], options),
  'resetJobs, cancelling': (c, options) =>
    c.queue.resetJobs([jobId(c), jobId(c), jobId(c), jobId(c)], { ifRunning: 'cancel', ...options }),
  setJobStart: (c, options) =>
    c.queue.setJobStart(jobId(c), new Date(Date.now() + pick(c, [-1_000, 50, 60_000])), options),
  deleteJob: (c, options) => c.queue.deleteJob(jobId(c), options),
  deleteJobBundle: (c, options) => c.queue.deleteJobBundle(bundleId(c), options),
  schedule: async (c, options) => learnJobOf(c, await c.queue.schedule(schedule(c), options)),
}

const anError = { message: 'it went wrong', data: null }
const retry = { waitMs: 0 }
const ends: readonly Ending[] = [
  { kind: 'succeeded', result: null },
  { kind: 'failed', error: anError, retry },
  { kind: 'timedOut', error: anError, retry },
  { kind: 'terminal', error: anError },
  { kind: 'cancelled', error: anError },
  { kind: 'released' },
  { kind: 'snoozed', delayMs: 0 },
]
const settled = Object.fromEntries(
  ends.map((end): [string, Command] => [
    `settle: ${end.kind}`,
    async (c) =>
      settle(
        c,
        (await inHand(c)).map((one) => ({ ...keyOf(one), ...end })),
      ),
  ]),
)

export const commands: Record<string, Command> = {
  ...Object.fromEntries(
    Object.entries(inTransaction).map(([kind, run]): [string, Command] => [kind, (c) => run(c, {})]),
  ),
  ...settled,
  claim: async (c) => c.held.push(...(await c.hand.claim(3))),
  'claim ahead': async (c) => c.held.push(...(await c.hand.claimAhead(4, 1))),
  'may begin': (c) => c.hand.mayBegin(pick(c, [0, 2, 4])),
  began: (c) =>
    c.hand.begin(
      ...c.held
        .filter(({ ahead }) => ahead !== null)
        .map(({ seq, attempt }) => ({ seq, attempt, agoMs: 0, timeoutMs: 60_000 })),
    ),
  progress: async (c) => {
    const [one] = await inHand(c)
    if (one !== undefined) await c.hand.progress(one, '{"half": true}')
  },
  check: (c) => c.hand.check(...c.held.map(keyOf)),
  releaseUnknown: (c) => c.queue.work.releaseUnknown(c.hand.id, c.held.map(keyOf)),
  'look and reap': (c) => c.hand.look(),
  beat: (c) => c.hand.beat(),
  'fall silent': async (c) => {
    await c.sql(`update worker set worker_alive_at = now() - interval '1 hour' where id = $1`, [c.hand.id])
    c.held = []
    c.hand = await joinedHand(c.queue)
  },
  deleteFinishedJobs: (c) => c.queue.deleteFinishedJobs({ olderThan: '1m' }),
  deleteJobsFromOrigin: (c) => c.queue.deleteJobsFromOrigin(pick(c, ORIGINS)),
  deleteJobsOfType: (c) => c.queue.deleteJobsOfType(pick(c, TYPES)),
  deleteJobBundlesFromOrigin: (c) => c.queue.deleteJobBundlesFromOrigin(pick(c, ORIGINS)),
  deleteJobBundlesOfType: (c) => c.queue.deleteJobBundlesOfType(pick(c, TYPES)),
  deleteAllJobsAndBundles: (c) => c.queue.deleteAllJobsAndBundles(),
  'two minutes pass': async (c) => {
    await c.sql(`update job_stopped set stopped_at = stopped_at - interval '2 minutes' where seq = any (array(
      select seq from job_stopped order by seq for update skip locked))`)
    await c.sql(`update job_bundle set stopped_at = stopped_at - interval '2 minutes' where stopped_at is not null and id = any (array(
      select id from job_bundle order by id for no key update skip locked))`)
    await c.sql(`update job set created_at = created_at - interval '2 hours' where seq = any (array(
      select seq from job where type = 'unknown' order by seq for no key update skip locked))`)
    await c.sql(`update keeping set unbroken_since = now() - interval '2 hours', kept_at = now()`)
    await c.sql(
      `update sweep set rests_until = now() where what = any (array(select what from sweep order by what for update skip locked))`,
    )
  },
  keep: (c) => c.sql('select keep()'),
  'count what stopped': async (c) => {
    await c.sql(`update folding set folded_until = now() - interval '1 hour'`)
    await c.sql(`select fold_minutes('-1 minute')`)
  },
  'delete what is outdated': (c) => c.sql(`select * from delete_outdated('1 minute', '1 minute', '1 hour')`),
  'delete what asked for it': (c) => c.sql(`select * from delete_outdated('1 year', '1 year', null)`),
  'listen by a name': async (c) => {
    const [name, holder] = [pick(c, ['accounts', 'auditors']), c.hand.id]
    await c.sql('select listen_by_name($1, true, true, $2)', [name, name === 'auditors'])
    await c.sql('select hold_listener($1, $2)', [name, holder])
    const last = (await c.sql('select * from next_events($1, $2, 200)', [name, holder])).at(-1)
    const again =
      last === undefined ? [] : [{ tx: last.tx, id: last.id, tries: 1, wait_ms: pick(c, [0, 20]) }]
    await c.sql('select * from note_events($1, $2, $3::xid8, $4, $5, $6)', [
      name,
      holder,
      last?.tx,
      last?.id,
      '[]',
      JSON.stringify(chance(c, 4) ? again : []),
    ])
    if (chance(c, 4)) await c.sql('select leave_listener($1, $2)', [name, holder])
  },
  syncSchedules: (c) => {
    const some = new Map(
      Array.from({ length: c.random.integer(0, 2) }, () => schedule(c)).map((one) => [one.name, one]),
    )
    const owner = pick(c, OWNERS)
    return c.queue.syncSchedules(
      owner,
      [...some.values()].map((one) => ({ ...one, owner })),
    )
  },
  'run what schedules have due': async (c) => {
    await c.hand.look(undefined, []) // counts what has ended
    const due = await c.queue.work.dueSchedules([], { after: null, limit: 100 })
    const plans = due.map((one) => planTicks(one, timesOf(one, one.planned ?? one.now) as NextRun))
    if (plans.length > 0) await c.queue.work.runTicks(plans)
    for (const name of SCHEDULES) learnJobOf(c, await c.queue.getSchedule(name))
  },
  pauseSchedule: (c) => c.queue.pauseSchedule(pick(c, SCHEDULES)),
  resumeSchedule: (c) => c.queue.resumeSchedule(pick(c, SCHEDULES)),
  cancelSchedule: (c) => c.queue.cancelSchedule(pick(c, SCHEDULES)),
  unschedule: (c) => c.queue.unschedule(pick(c, SCHEDULES)),
  forgetListener: (c) => c.queue.forgetListener(pick(c, ['accounts', 'auditors'])),
  read: (c) =>
    Promise.all([
      c.queue.getStats(),
      c.queue.getJobs({ limit: 10 }),
      c.queue.getWorkers(),
      c.queue.getJobBundle(bundleId(c)),
    ]),
}

export function joinedHand(queue: WorkerService): Promise<Hand> {
  return Hand.join(queue, { types: TYPES, maxRetryCount: 1, maxTimeoutRetryCount: 1 })
}

const work = defineJob('work', { payload: z.object({}) })
const TYPES = ['work', 'play', 'rest'] as const
const KEYS = ['k1', 'k2', 'k3', undefined] as const
const SCHEDULES = ['often', 'seldom', 'now and then'] as const
const OWNERS = ['app', 'ops'] as const
const ORIGINS = ['here', 'there', 'elsewhere'] as const

function pick<T>({ random }: StressClient, list: readonly T[]): T {
  return random.pick(list)
}

function chance({ random }: StressClient, oneIn: number): boolean {
  return random.integer(1, oneIn) === 1
}

function job(c: StressClient): JobDesc {
  const type = chance(c, 10) ? 'unknown' : pick(c, TYPES)
  return { type, payload: {}, origin: pick(c, ORIGINS), ...(chance(c, 4) ? { runAfter: 20 } : {}) }
}

/** Ends after some runs, so that jobs of all kinds meet. */
function schedule(c: StressClient): ScheduleSpec {
  const asked = { type: pick(c, TYPES), payload: {}, uniqueKey: pick(c, KEYS) }
  return {
    ...{ name: pick(c, SCHEDULES), job: asked, every: pick(c, [20, 200]), owner: pick(c, OWNERS) },
    ...{ noOverlap: chance(c, 2), misfire: pick(c, ['skip', 'once', 'all']), limit: pick(c, [5, 500]) },
    runImmediately: chance(c, 2),
  }
}

function some(c: StressClient, most: number): JobDesc[] {
  return Array.from({ length: c.random.integer(1, most) }, () => job(c))
}

/** Of the newest, so that everybody meets everybody. */
function jobId(c: StressClient): string {
  return pick(c, c.known.jobs.slice(-40))
}

function bundleId(c: StressClient): string {
  return pick(c, c.known.bundles.slice(-6))
}

function learn(c: StressClient, added: readonly { id: string }[]): void {
  c.known.jobs.push(...added.map(({ id }) => id))
}

/** The job of its last tick. */
function learnJobOf(c: StressClient, schedule: Schedule | null): void {
  if (schedule?.lastJobId) c.known.jobs.push(schedule.lastJobId)
}

async function inHand(c: StressClient): Promise<readonly ClaimedJob[]> {
  if (c.held.length === 0) c.held.push(...(await c.hand.claim(3)))
  return c.held
}

/** What somebody holds is settled later. */
async function settle(c: StressClient, outcomes: Outcome[]): Promise<void> {
  const { busy } = await c.hand.settle(...outcomes)
  c.held = c.held.filter(({ seq }) => busy.some((one) => one.seq === seq))
}

function keyOf({ seq, attempt }: AttemptKey): AttemptKey {
  return { seq, attempt }
}
