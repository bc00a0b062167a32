import {
  afterEffect,
  hasError,
  hasStopped,
  holdsKey,
  type Standing,
} from '../../../testing/src/conformance/state-model.ts'
import { type Command, type Situation, transitions } from '../../../testing/src/conformance/transitions.ts'
import { countRun, type ModelSchedule, ticksOf } from './schedule-model.ts'

/** The budgets of every job in the model. */
export const LIMITS = { maxRetryCount: 2, maxTimeoutRetryCount: 1, maxCrashCount: 2 }
export const AN_HOUR = 3_600_000
/** Longer than a process may be silent. */
export const A_SILENCE = 61_000
/** The time-out of those jobs that have one. */
export const A_MINUTE = 60_000
const DEAD_FOR = 60_000
/** So long a bundle that deletes itself is kept after its stop. */
const KEPT_FOR = 60_000

/** What is asked of a job. */
export interface NewJob {
  readonly id: string
  readonly type: string
  readonly priority: number
  readonly uniqueKey: string | null
  readonly bundleId: string | null
  /** The stop of this bundle has added it. */
  readonly afterBundleId: string | null
  /** Without it, none. */
  readonly timeoutMs?: number | undefined
  /** A tick of this schedule has added it. */
  readonly scheduleName?: string
}

export interface ModelJob extends NewJob {
  standing: Standing
  /** When it may start, of what waits for a time. */
  dueAt: number
  holder: number | null
  /** Of the attempt that runs; null: it has none. */
  deadline: number | null
  /** Known once it was claimed: another job may have had this id before. */
  seq: string | null
  /** Of ended attempts: by whom, and as what they were recorded. */
  readonly ended: Map<number, { readonly hand: number; readonly recorded: string }>
}

export interface ModelBundle {
  readonly id: string
  readonly whenStopped: boolean
  readonly deleteOnSuccess: boolean
  /** The ids of all that its stops have added. */
  readonly followers: string[]
  sealed: boolean
  epoch: number
  isOver: boolean
  /** When it was last over. */
  stoppedAt: number
}

/** Somebody's attempt, past or present. */
export interface Claim {
  readonly jobId: string
  readonly seq: string
  readonly attempt: number
  readonly hand: number
}

/** What a queue must be, in plain maps: jobs in the order in which they were added, each as the table of the state machine says. */
export class QueueModel {
  readonly jobs = new Map<string, ModelJob>()
  readonly bundles = new Map<string, ModelBundle>()
  readonly schedules = new Map<string, ModelSchedule>()
  readonly claims: Claim[] = []
  /** When each hand last beat. */
  readonly hands: { beatAt: number; wasReaped: boolean }[]
  /** Ids of all jobs and bundles that ever were. */
  readonly known = { jobs: [] as string[], bundles: [] as string[] }
  now = 0
  /** Which command has met a job in which situation. */
  readonly #met: Set<string>

  constructor(hands: number, met: Set<string>) {
    this.#met = met
    this.hands = Array.from({ length: hands }, () => ({ beatAt: 0, wasReaped: false }))
  }

  add(job: NewJob, delayMs: number): void {
    const situation = delayMs > 0 ? 'scheduled' : 'available'
    const counts = { attempt: 0, retries: 0, timeoutRetries: 0, crashes: 0 }
    const startAt = delayMs > 0 || job.scheduleName !== undefined
    const standing = { situation, ...counts, progress: false, startAt, bundle: null } as const
    this.jobs.set(job.id, {
      ...job,
      standing,
      dueAt: this.now + delayMs,
      holder: null,
      deadline: null,
      seq: null,
      ended: new Map(),
    })
    if (!this.known.jobs.includes(job.id)) this.known.jobs.push(job.id)
  }

  /** The unfinished job that has a key. */
  holderOf(key: string | null): ModelJob | undefined {
    if (key === null) return undefined
    return [...this.jobs.values()].find((job) => job.uniqueKey === key && holdsKey(job.standing.situation))
  }

  membersOf(bundleId: string): ModelJob[] {
    return [...this.jobs.values()].filter((job) => job.bundleId === bundleId)
  }

  isSilent(hand: number): boolean {
    const { beatAt, wasReaped } = this.hands[hand] as (typeof this.hands)[number]
    return wasReaped || this.now - beatAt > DEAD_FOR
  }

  /** Its attempt takes longer than its time-out. */
  isLate(id: string): boolean {
    const deadline = this.jobs.get(id)?.deadline ?? null
    return deadline !== null && deadline <= this.now
  }

  /** It takes so long that others end it, although its process beats. */
  isOverdue({ deadline }: ModelJob): boolean {
    return deadline !== null && this.now - deadline > DEAD_FOR
  }

  beat(hand: number): void {
    this.hands[hand] = { beatAt: this.now, wasReaped: false }
  }

  /** Those that a claim takes: one that must run alone, or the best of the others. */
  best(room: number): ModelJob[] {
    const available = [...this.jobs.values()]
      .filter(({ type, standing }) => type === 'work' && standing.situation === 'available')
      .sort((a, b) => b.priority - a.priority) // stable: then in the order of adding
    const solo = available.filter(({ standing }) => standing.crashes > 0)
    return solo.length > 0 ? solo.slice(0, 1) : available.slice(0, room)
  }

  /** Does to a job what the table says. @returns what is answered */
  apply(command: Command, id: string): string | null {
    const job = this.jobs.get(id)
    const situation = job?.standing.situation ?? 'absent'
    this.#met.add(`${command} · ${situation}`)
    const effect = this.#row(command, job, situation)
    if (job === undefined) return effect.answer
    const { standing } = afterEffect(job.standing, effect)
    const schedule = this.schedules.get(job.scheduleName ?? '')
    if (schedule !== undefined && !hasStopped(situation) && hasStopped(standing.situation))
      countRun(schedule, standing.situation, this.#met)
    if (standing.situation !== 'running' && !standing.situation.endsWith('Wished')) job.holder = null
    job.standing = standing
    if (standing.situation === 'absent') this.jobs.delete(id)
    return effect.answer
  }

  /** What is due becomes available. */
  promote(): void {
    for (const { id, dueAt } of [...this.jobs.values()]) if (dueAt <= this.now) this.apply('due', id)
  }

  /** Notes which bundles that has brought to their end. @returns those that must have added a job by it */
  countBundles(): ModelBundle[] {
    const stopped: ModelBundle[] = []
    for (const bundle of this.bundles.values()) {
      const members = this.membersOf(bundle.id)
      const isOver = bundle.sealed && members.every(({ standing }) => hasStopped(standing.situation))
      if (isOver && !bundle.isOver) {
        bundle.epoch++
        bundle.stoppedAt = this.now
        if (bundle.whenStopped) stopped.push(bundle)
      }
      bundle.isOver = isOver
    }
    return stopped
  }

  /** Bundles that asked for it go with their members, a while after their stop without an error. */
  deleteSuccessful(): void {
    for (const bundle of [...this.bundles.values()]) {
      const { id, deleteOnSuccess, isOver, stoppedAt, followers } = bundle
      if (!deleteOnSuccess || !isOver || this.now - stoppedAt <= KEPT_FOR) continue
      if (this.countsOf(id).failed > 0 || followers.some((job) => this.#isUnfinished(job))) continue
      for (const member of this.membersOf(id)) this.apply('deleteOnSuccess', member.id)
      this.bundles.delete(id)
    }
  }

  /** Moves on the schedules that are due. @returns which jobs they must have added, and for when */
  tick(now: number): { readonly name: string; readonly at: number }[] {
    const added: { name: string; at: number }[] = []
    for (const schedule of this.schedules.values()) {
      const { name } = schedule
      const unfinished = [...this.jobs.values()].filter(
        (job) => job.scheduleName === name && this.#isUnfinished(job.id),
      )
      for (const at of ticksOf(schedule, { now, unfinished: unfinished.length, met: this.#met }))
        added.push({ name, at })
    }
    return added
  }

  countsOf(bundleId: string): { jobs: number; stopped: number; failed: number } {
    const situations = this.membersOf(bundleId).map(({ standing }) => standing.situation)
    return {
      jobs: situations.length,
      stopped: situations.filter(hasStopped).length,
      failed: situations.filter(hasError).length,
    }
  }

  #isUnfinished(id: string): boolean {
    const job = this.jobs.get(id)
    return job !== undefined && !hasStopped(job.standing.situation)
  }

  #row(command: Command, job: ModelJob | undefined, situation: Situation) {
    const found = transitions.find(
      (row) =>
        row.command === command &&
        (row.member === undefined || row.member === ((job?.bundleId ?? null) !== null)) &&
        (row.budget === undefined || row.budget === (isSpent(command, job) ? 'spent' : 'left')),
    )
    if (found === undefined) throw new Error(`The table has no row for ${command}`)
    return found.on[situation]
  }
}

function isSpent(command: Command, job: ModelJob | undefined): boolean {
  if (job === undefined) return false
  const { retries, timeoutRetries, crashes } = job.standing
  if (command === 'failed') return retries >= LIMITS.maxRetryCount
  if (command === 'timedOut' || command === 'reapOverdue')
    return timeoutRetries >= LIMITS.maxTimeoutRetryCount
  return crashes + 1 >= LIMITS.maxCrashCount
}
