import type { JobBundleStoppedEvent, JobStatusChangeEvent, JobStoppedEvent } from '@jq/core'
import type { WakeUp } from '@jq/core/internal'
import type { Clock } from './clock.ts'
import type {
  AttemptRow,
  AvailableRow,
  BundleRow,
  JobRow,
  LimitRow,
  LogRow,
  RunningRow,
  ScheduledRow,
  ScheduleRow,
  StoppedRow,
  WorkerRow,
} from './rows.ts'
import { endRun } from './schedules.ts'
import { SortedList } from './sorted-list.ts'

/** What a listener will be told, but for the job or bundle, which is read when somebody asks for it. */
export type Told =
  | ({ readonly kind: 'job' } & Omit<JobStoppedEvent, 'getJob'>)
  | ({ readonly kind: 'bundle' } & Omit<JobBundleStoppedEvent, 'getJobBundle'>)
  | ({ readonly kind: 'change' } & JobStatusChangeEvent)

/** Everything that is stored, after the pattern of the schema: a job stands in `jobs` and in exactly one place beside it. */
export class Tables {
  readonly clock: Clock
  readonly jobs = new Map<number, JobRow>()
  readonly available = new Map<number, AvailableRow>()
  readonly scheduled = new Map<number, ScheduledRow>()
  readonly running = new Map<number, RunningRow>()
  readonly stopped = new Map<number, StoppedRow>()
  readonly attempts = new Map<number, readonly AttemptRow[]>()
  readonly logs = new Map<number, readonly LogRow[]>()
  /** Who holds a unique key. */
  readonly keys = new Map<string, number>()
  readonly bundles = new Map<string, BundleRow>()
  readonly workers = new Map<string, WorkerRow>()
  /** Up to which place workers may have begun what they claimed ahead. */
  readonly begunThrough = new Map<string, number>()
  readonly schedules = new Map<string, ScheduleRow>()
  /** How many ticks have passed without a job, by the names of schedules. */
  readonly missedTicks = new Map<string, number>()
  /** The unfinished jobs of schedules: whose they are. */
  readonly runs = new Map<number, string>()
  /** What types may do at most, and which group of a type had the last turn. */
  readonly limits = new Map<string, LimitRow>()
  readonly turns = new Map<string, string>()
  /** By type and group: what a bucket held at that time, and until when no job begins. */
  readonly buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  readonly holds = new Map<string, number>()
  /** Types with groups, and with holds. */
  readonly grouped = new Map<string, true>()
  readonly held = new Map<string, true>()
  /** The process that measures all this, and when it did last; one entry. */
  readonly sampling = new Map<'it', { readonly sampler: string; readonly at: number }>()
  /** The one worker whose threads run dry for a job that must run alone. */
  soloTurn: { readonly workerId: string; readonly endsAt: number } | null = null

  /** Indexes: by id, by bundle in the order of adding, by the order of claims, by the time they are due. */
  readonly seqs = new Map<string, number>()
  readonly members = new Map<string, Set<number>>()
  readonly #claimable = new Map<string, SortedList<AvailableRow>>()
  #due = new SortedList<ScheduledRow>((a, b) => a.startAt - b.startAt || a.seq - b.seq)

  /** What the call in hand has done that somebody must hear of. */
  #hints: WakeUp[] = []
  #told: Told[] = []
  #lastSeq = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  get now(): number {
    return this.clock.now()
  }

  nextSeq(): number {
    return ++this.#lastSeq
  }

  jobOf(id: string): JobRow | undefined {
    return this.jobs.get(this.seqs.get(id) as number)
  }

  addJob(job: JobRow): void {
    this.jobs.set(job.seq, job)
    this.seqs.set(job.id, job.seq)
    if (job.groupKey !== null) this.grouped.set(job.type, true)
    if (job.bundleId !== null)
      this.members.set(job.bundleId, (this.members.get(job.bundleId) ?? new Set()).add(job.seq))
  }

  /** The job and all that is known of it but its place. */
  forgetJob({ seq, id, bundleId }: JobRow): void {
    this.freeKey(seq)
    this.attempts.delete(seq)
    this.logs.delete(seq)
    this.jobs.delete(seq)
    this.seqs.delete(id)
    if (bundleId !== null) this.members.get(bundleId)?.delete(seq)
  }

  /** Lets go of the unique key of a job that stopped, and counts it for its schedule. */
  freeKey(seq: number): void {
    endRun(this, seq)
    const key = this.jobs.get(seq)?.uniqueKey
    if (key != null && this.keys.get(key) === seq) this.keys.delete(key)
  }

  addAvailable(row: AvailableRow): void {
    this.available.set(row.seq, row)
    this.claimable(row.type, row.solo).add(row)
    this.wake({ kind: 'available', jobType: row.type })
  }

  takeAvailable(seq: number): AvailableRow | undefined {
    const row = this.available.get(seq)
    if (row === undefined) return undefined
    this.available.delete(seq)
    this.claimable(row.type, row.solo).remove(row)
    return row
  }

  /** In the order of claims: more urgent first, then first in, first out. */
  claimable(type: string, solo: boolean): SortedList<AvailableRow> {
    const index = `${type} ${solo}`
    const list =
      this.#claimable.get(index) ?? new SortedList((a, b) => b.priority - a.priority || a.seq - b.seq)
    this.#claimable.set(index, list)
    return list
  }

  addScheduled(row: ScheduledRow): void {
    this.scheduled.set(row.seq, row)
    this.#due.add(row)
  }

  takeScheduled(seq: number): ScheduledRow | undefined {
    const row = this.scheduled.get(seq)
    if (row === undefined) return undefined
    this.scheduled.delete(seq)
    this.#due.remove(row)
    return row
  }

  /** Those whose time has come, in the order of their times. */
  due(): readonly ScheduledRow[] {
    const { now } = this
    return this.#due.firstWhile(({ startAt }) => startAt <= now)
  }

  addAttempt(seq: number, attempt: AttemptRow): void {
    this.attempts.set(seq, [...(this.attempts.get(seq) ?? []), attempt])
  }

  deleteEverything(): void {
    const { jobs, available, scheduled, running, stopped, attempts, logs } = this
    const { keys, bundles, seqs, members, runs } = this
    for (const table of [
      jobs,
      available,
      scheduled,
      running,
      stopped,
      attempts,
      logs,
      keys,
      bundles,
      seqs,
      members,
      runs,
    ])
      table.clear()
    this.#claimable.clear()
    this.#due.clear()
  }

  /** Holds from now on what the other holds, each in tables of its own: rows are never changed, so the two can share those. */
  become(other: Tables): void {
    const ownTables = new Map(Object.entries(this))
    for (const [name, table] of Object.entries(other))
      if (table instanceof Map) refill(ownTables.get(name), table)
    this.#claimable.clear()
    for (const [index, list] of other.#claimable) this.#claimable.set(index, list.copy())
    this.#due = other.#due.copy()
    this.#lastSeq = other.#lastSeq
    this.soloTurn = other.soloTurn
    this.#hints = [...other.#hints]
    this.#told = [...other.#told]
  }

  wake(hint: WakeUp): void {
    this.#hints.push(hint)
  }

  tell(told: Told): void {
    this.#told.push(told)
  }

  /** What is to be heard since the last time this was asked. */
  takeNews(): { readonly hints: readonly WakeUp[]; readonly told: readonly Told[] } {
    const news = { hints: this.#hints, told: this.#told }
    this.#hints = []
    this.#told = []
    return news
  }
}

function refill(table: Map<unknown, unknown>, rows: Map<unknown, unknown>): void {
  table.clear()
  for (const [key, row] of rows) table.set(key, row instanceof Set ? new Set(row) : row)
}
