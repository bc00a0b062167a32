import type { Job, JobQueue, WorkerService } from '@jq/core'
import { NotFoundError } from '@jq/core'
import type { AttemptKey, ClaimedJob, Outcome } from '@jq/core/internal'
import { ATTEMPTS, type Cell, LIMITS } from './cells.ts'
import { Hand, keyOf, outcome } from './hand.ts'
import {
  type BundleStanding,
  hasError,
  hasStopped,
  isRunning,
  isWished,
  type Standing,
  stateIn,
} from './state-model.ts'
import type { Universe } from './universe.ts'

/** A job that plays one cell. */
export interface Actor {
  readonly cell: Cell
  readonly id: string
  readonly bundleId: string | null
  readonly uniqueKey: string
  /** Its last attempt, and whose that was. */
  readonly own: { readonly hand: Hand; readonly key: AttemptKey }
}

export const AN_HOUR = 3_600_000
/** Longer than a silent process keeps its attempts, shorter than the timeout of an attempt and the patience beyond it. */
export const A_SILENCE = 61_000

/** Jobs that each stand where their cell's command shall meet them, with the hands that brought them there. */
export class Stage {
  readonly universe: Universe
  readonly queue: WorkerService
  readonly actors: readonly Actor[]
  /** Holds what runs. */
  readonly holder: Hand
  /** Worked before, holds nothing any more, and was taken for dead. */
  readonly stranger: Hand

  private constructor(universe: Universe, actors: readonly Actor[], holder: Hand, stranger: Hand) {
    this.universe = universe
    this.queue = universe.queue
    this.actors = actors
    this.holder = holder
    this.stranger = stranger
  }

  // Two hands do all of it: each is a thread with a connection of its own.
  static async set(universe: Universe, cells: readonly Cell[]): Promise<Stage> {
    const { queue } = universe
    const cast = await addAll(queue, cells)
    const stranger = await Hand.join(queue, LIMITS)
    const holder = await Hand.join(queue, LIMITS)
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) await pastAttempt(stranger, cast, attempt)
    await reap(universe, holder)
    await stranger.beat()
    const last = new Map<string, Actor['own']>()
    for (const cell of cells) {
      if (cell.situation !== 'dead') continue
      const claimed = await stranger.claimOne()
      last.set(claimed.job.id, { hand: stranger, key: keyOf(claimed) })
    }
    await reap(universe, holder)
    for (const claimed of await claimAll(holder))
      last.set(claimed.job.id, { hand: holder, key: keyOf(claimed) })
    const actors = [...cast.values()].map((part): Actor => {
      const own = last.get(part.id)
      if (own === undefined) throw new Error(`Nobody has claimed the job of ${part.cell.name}`)
      return { ...part, own }
    })
    await holder.settle(...actors.flatMap(lastEnd))
    for (const { id, cell } of actors) await wish(queue, id, cell)
    return new Stage(universe, actors, holder, stranger)
  }

  /** Lets the holder be taken for dead. */
  async reapSilent(): Promise<void> {
    await reap(this.universe, this.stranger)
  }

  /** What is to be seen of every actor now. */
  async seen(): Promise<readonly Seen[]> {
    const { jobs } = await this.queue.getJobs({ limit: 1_000 })
    const byId = new Map(jobs.map((job) => [job.id, job]))
    return Promise.all(
      this.actors.map(async ({ id, bundleId }) => seenOf(byId.get(id), await bundleOf(this.queue, bundleId))),
    )
  }

  /** Who holds the unique key of each actor: asked by adding one more job with it. */
  async keyHolders(): Promise<readonly (string | null)[]> {
    const results = await this.queue.addMany(
      this.actors.map(({ uniqueKey }) => ({ type: 'probe', payload: {}, uniqueKey })),
    )
    return results.map(({ id, status }) => (status === 'duplicate' ? id : null))
  }
}

/** What a reader sees of one job and its bundle, fit to be compared. */
export type Seen = Readonly<Record<string, string | number | boolean>>

/** What there is to be seen of a job that stands so. */
export function seenIn(standing: Standing): Seen {
  const { situation, attempt, retries, timeoutRetries, crashes, progress, startAt } = standing
  const bundle = shown(standing.bundle)
  if (situation === 'absent') return { state: 'absent', bundle }
  return {
    state: stateIn(situation),
    ...{ attempt, retries, timeoutRetries, crashes, progress, startAt, bundle },
    cancelWished: isWished(situation),
    alive: isRunning(situation),
    hasStopped: hasStopped(situation),
    error: hasError(situation),
    result: situation === 'succeeded',
  }
}

function seenOf(job: Job | undefined, bundle: BundleStanding | null): Seen {
  if (job === undefined) return { state: 'absent', bundle: shown(bundle) }
  return {
    state: job.state,
    attempt: job.attempt,
    retries: job.currentRetryCount,
    timeoutRetries: job.currentTimeoutRetryCount,
    crashes: job.crashCount,
    progress: job.progress !== null,
    startAt: job.startAt !== null,
    bundle: shown(bundle),
    // A stopped job may tell when it was asked to end; what waits was not asked.
    cancelWished: job.state === 'running' && job.cancelRequestedAt !== null,
    alive: job.workerAliveAt !== null,
    hasStopped: job.stoppedAt !== null,
    error: job.errorMsg !== null && job.errorMsg !== '',
    result: job.result !== null,
  }
}

function shown(bundle: BundleStanding | null): string {
  if (bundle === null) return 'none'
  const { jobs, stopped, failed, epoch } = bundle
  return `${jobs} jobs, ${stopped} stopped, ${failed} failed, epoch ${epoch}${bundle.hasStopped ? ', stopped' : ''}`
}

async function bundleOf(queue: JobQueue, id: string | null): Promise<BundleStanding | null> {
  if (id === null) return null
  try {
    const { bundle } = await queue.getBundleState(id)
    return {
      jobs: bundle.numJobs,
      stopped: bundle.numJobsStopped,
      failed: bundle.numJobsFailed,
      epoch: bundle.epoch,
      hasStopped: bundle.stoppedAt !== null,
    }
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}

type Cast = ReadonlyMap<string, Omit<Actor, 'own'>>

async function addAll(queue: JobQueue, cells: readonly Cell[]): Promise<Cast> {
  const parts = await Promise.all(cells.map((cell, place) => addOne(queue, cell, `key ${place}`)))
  return new Map(parts.map((part) => [part.id, part]))
}

async function addOne(queue: JobQueue, cell: Cell, uniqueKey: string): Promise<Omit<Actor, 'own'>> {
  const { maxRetryCount, maxTimeoutRetryCount } = LIMITS
  const limits = { maxRetryCount, maxTimeoutRetryCount, timeout: '1m' } as const
  // Whoever claims one by one gets those first that shall die.
  const priority = cell.situation === 'dead' ? 1 : 0
  const desc = { type: 'work', payload: {}, uniqueKey, priority, ...limits }
  if (!cell.member) {
    const [added] = await queue.addMany([desc])
    return { cell, id: added?.id as string, bundleId: null, uniqueKey }
  }
  const deleteOnSuccess = cell.command === 'deleteOnSuccess'
  const bundle = await queue.addBundle({ type: 'alone', origin: 'cells', jobs: [desc], deleteOnSuccess })
  return { cell, id: bundle.jobs[0]?.id as string, bundleId: bundle.id, uniqueKey }
}

/** One of the attempts before the last, which together spend all that there is to spend, or nothing. */
async function pastAttempt(hand: Hand, cast: Cast, attempt: number): Promise<void> {
  const claimed = await claimAll(hand)
  await hand.settle(
    ...claimed.flatMap((one): Outcome[] => {
      const end = pastEnd((cast.get(one.job.id) as Omit<Actor, 'own'>).cell, attempt)
      return end === 'crashed' ? [] : [outcome[end](one)]
    }),
  )
}

/** A retry is spent by the last attempt, where that is what a job waits for. */
function pastEnd(
  { situation, spent }: Cell,
  attempt: number,
): 'released' | 'failed' | 'timedOut' | 'crashed' {
  if (attempt === ATTEMPTS - 1) return spent || situation === 'dead' ? 'crashed' : 'released'
  if (!spent || (attempt === 2 && situation === 'retrying')) return 'released'
  return attempt === ATTEMPTS - 2 ? 'timedOut' : 'failed'
}

async function claimAll(hand: Hand): Promise<ClaimedJob[]> {
  const all: ClaimedJob[] = []
  for (;;) {
    const claimed = await hand.claim(1_000)
    if (claimed.length === 0) return all
    all.push(...claimed)
  }
}

async function reap({ age }: Universe, watcher: Hand): Promise<void> {
  await age(A_SILENCE)
  await watcher.beat()
  await watcher.look()
}

/** What the holder says of the last attempt, if it says anything. */
function lastEnd({ cell, own: { key } }: Actor): Outcome[] {
  switch (cell.situation) {
    case 'scheduled':
      return [{ ...key, kind: 'snoozed', delayMs: AN_HOUR }]
    case 'available':
      return [outcome.released(key)]
    case 'retrying':
      return [{ ...key, kind: 'failed', error: { message: 'no', data: null }, retry: { waitMs: AN_HOUR } }]
    case 'succeeded':
      return [outcome.succeeded(key, '{"n":1}')]
    case 'failed':
      return [outcome.terminal(key)]
    case 'cancelled':
      return [outcome.cancelled(key)]
    default:
      return []
  }
}

async function wish(queue: JobQueue, id: string, { situation }: Cell): Promise<void> {
  if (situation === 'cancelWished') await queue.cancelJob(id)
  if (situation === 'resetWished') await queue.resetJob(id, { ifRunning: 'cancel' })
  if (situation === 'absent') await queue.deleteJob(id)
}
