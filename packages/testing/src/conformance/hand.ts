import type { AttemptCounts, Job, JobQueue, WorkerService } from '@jq/core'
import {
  type AttemptKey,
  type Begin,
  type ClaimedJob,
  type ClaimedType,
  newId,
  type Outcome,
  type RecordedError,
  type StepAnswer,
} from '@jq/core/internal'

/** How a claim treats the jobs of these tests. */
export interface HandSettings {
  readonly types?: readonly string[]
  readonly maxRetryCount?: number
  readonly maxTimeoutRetryCount?: number
  readonly maxCrashCount?: number
  /** 0: it never beats. @defaultValue a day */
  readonly heartbeatIntervalMs?: number
  /** 0: none. @defaultValue a minute */
  readonly timeoutMs?: number
}

/**
 * A worker without threads: the test itself claims and settles, one call at a time, and so decides what happens between two.
 * It beats once and then keeps silent, so that the test can let it die.
 */
export class Hand {
  readonly id = newId()
  readonly queue: WorkerService
  readonly #settings: Required<HandSettings>
  #leave: () => Promise<void> = async () => undefined

  private constructor(queue: WorkerService, settings: HandSettings) {
    this.queue = queue
    this.#settings = {
      types: ['work'],
      maxRetryCount: 0,
      maxTimeoutRetryCount: 0,
      maxCrashCount: 3,
      heartbeatIntervalMs: A_DAY,
      timeoutMs: 60_000,
      ...settings,
    }
  }

  static async join(queue: WorkerService, settings: HandSettings = {}): Promise<Hand> {
    const hand = new Hand(queue, settings)
    const entry = {
      id: hand.id,
      host: 'test',
      pid: 1,
      version: '0',
      jobTypes: hand.#settings.types,
      threads: 1,
      heartbeatIntervalMs: hand.#settings.heartbeatIntervalMs,
      deadForMs: DEAD_FOR,
    }
    const beaten = Promise.withResolvers<void>()
    const membership = await queue.work.join(entry, { alive: beaten.resolve, failed: beaten.reject })
    if (entry.heartbeatIntervalMs > 0) await beaten.promise // what beats from here on is the test's doing
    hand.beat = () => membership.beat()
    hand.#leave = () => membership.leave()
    return hand
  }

  beat: () => Promise<void> = async () => undefined

  /** Looks first, as a worker does that is told of work, and then as `claim`. */
  async take(room = 1): Promise<readonly ClaimedJob[]> {
    await this.look()
    return this.claim(room)
  }

  /** As many as there are, up to `room`: a claim that met others looks again, as a worker does. */
  async claim(room = 1): Promise<readonly ClaimedJob[]> {
    const claimed: ClaimedJob[] = []
    for (let answer = await this.#step(room); ; answer = await this.#step(room - claimed.length)) {
      claimed.push(...answer.claimed)
      if (!answer.alive) await this.beat()
      else if (!answer.contended || claimed.length === room) return claimed
    }
  }

  #step(room: number): Promise<StepAnswer> {
    const { maxCrashCount } = this.#settings
    return this.queue.work.step({
      workerId: this.id,
      outcomes: [],
      claim: { types: this.#types(room), room, idle: true, maxCrashCount },
    })
  }

  #types(room: number): ClaimedType[] {
    const { types, maxRetryCount, maxTimeoutRetryCount, timeoutMs } = this.#settings
    return types.map((type) => ({ type, room, maxRetryCount, maxTimeoutRetryCount, timeoutMs }))
  }

  async claimOne(): Promise<ClaimedJob> {
    const [claimed] = await this.claim()
    if (claimed === undefined) throw new Error('There was nothing to claim')
    return claimed
  }

  async settle(...outcomes: Outcome[]): Promise<StepAnswer> {
    return this.queue.work.step({ workerId: this.id, outcomes, claim: null })
  }

  /** Claims ahead, in places from 1, of which those up to `begunThrough` may begin. @param free - threads that wait */
  async claimAhead(room: number, begunThrough: number, free = room): Promise<readonly ClaimedJob[]> {
    const claim = { types: this.#types(room), room, idle: false, maxCrashCount: 3, aheadOf: 0, free }
    return (await this.queue.work.step({ workerId: this.id, outcomes: [], claim, begunThrough })).claimed
  }

  /** Lets what was claimed ahead begin, up to this place. */
  mayBegin(begunThrough: number): Promise<StepAnswer> {
    return this.queue.work.step({ workerId: this.id, outcomes: [], claim: null, begunThrough })
  }

  /** Tells when what was claimed ahead began. */
  begin(...begins: Begin[]): Promise<StepAnswer> {
    return this.queue.work.step({ workerId: this.id, outcomes: [], claim: null, begins })
  }

  /** Frees what the dead hold and makes due what is due. */
  async look(settled?: AttemptCounts, rules?: readonly string[]): Promise<void> {
    await this.queue.work.look({
      settled,
      rules,
      workerId: this.id,
      types: this.#settings.types,
      reap: true,
      sleeping: false,
    })
  }

  check(...held: AttemptKey[]) {
    return this.queue.work.check(this.id, held)
  }

  progress(claimed: ClaimedJob, progress: string): Promise<void> {
    return this.queue.work.setProgress(this.id, keyOf(claimed), claimed.job.id, progress)
  }

  leave(): Promise<void> {
    return this.#leave()
  }
}

const DEAD_FOR = 60_000
const A_DAY = 86_400_000

const anError: RecordedError = { message: 'it went wrong', data: null }

export function keyOf({ seq, attempt }: AttemptKey): AttemptKey {
  return { seq, attempt }
}

/** The outcomes that a worker can report, by what it would say of this attempt. */
export const outcome = {
  succeeded: (claimed: AttemptKey & { job?: Job }, result: string | null = null): Outcome => ({
    ...keyOf(claimed),
    kind: 'succeeded',
    result,
    bundleId: claimed.job?.bundleId,
    keyed: claimed.job !== undefined && isKeyed(claimed.job),
  }),
  failed: (claimed: AttemptKey): Outcome => ({
    ...keyOf(claimed),
    kind: 'failed',
    error: anError,
    retry: { waitMs: 0 },
  }),
  timedOut: (claimed: AttemptKey): Outcome => ({
    ...keyOf(claimed),
    kind: 'timedOut',
    error: anError,
    retry: { waitMs: 0 },
  }),
  terminal: (claimed: AttemptKey): Outcome => ({ ...keyOf(claimed), kind: 'terminal', error: anError }),
  cancelled: (claimed: AttemptKey): Outcome => ({ ...keyOf(claimed), kind: 'cancelled', error: anError }),
  released: (claimed: AttemptKey): Outcome => ({ ...keyOf(claimed), kind: 'released' }),
  snoozed: (claimed: AttemptKey): Outcome => ({ ...keyOf(claimed), kind: 'snoozed', delayMs: 0 }),
} as const

/** Its end is counted beside its own row: somebody else may have its unique key, or its schedule waits for it. */
function isKeyed({ uniqueKey, scheduleName }: Job): boolean {
  return uniqueKey !== null || scheduleName !== null
}

/** Adds one job and answers its id. */
export async function addOne(queue: JobQueue, options: object = {}, type = 'work'): Promise<string> {
  const [added] = await queue.addMany([{ type, payload: {}, ...options }])
  return added?.id as string
}
