import type { Job } from './job.ts'
import type { JobQueue } from './job-queue.ts'
import type { LogLine } from './log-line.ts'
import type { Logger } from './logger.ts'
import type { DuePage, DueSchedule, TickPlan } from './plan-ticks.ts'
import type { AttemptCounts } from './worker-info.ts'
import type { ReapedAttempt } from './worker-observer.ts'

/** The service with what worker processes ask besides: claim, settle, beat, reap, release. */
export interface WorkerService extends JobQueue {
  readonly work: WorkService
}

/** Claim, settle, beat, reap, release: between `worker` and the services, not for users, free to change. */
export interface WorkService {
  readonly kind: 'work'
  /**
   * Makes the process's row, beats for it until `leave`, and tells what the beats learn.
   *
   * @param signal - when it aborts, no further try is made, and what the last one met is thrown
   */
  join(
    worker: WorkerEntry,
    told: { alive(): void; failed(error: Error): void },
    signal?: AbortSignal,
  ): Promise<Membership>
  /** One round trip, one commit: settles what ended and claims what fits. */
  step(request: StepRequest): Promise<StepAnswer>
  /** Frees what the dead hold, makes due what is due, and says when to look again. */
  look(request: LookRequest): Promise<LookAnswer>
  /** The schedules whose time has come, or whose first time is to be found, by these rules or none; page by page. */
  dueSchedules(rules: readonly string[], page: DuePage): Promise<readonly DueSchedule[]>
  /** Adds the jobs of ticks and moves their schedules on, where these stand as they were read. @returns how many were moved */
  runTicks(plans: readonly TickPlan[]): Promise<number>
  /** Of attempts that this process believes in: which are lost, and which shall end. */
  check(workerId: string, held: readonly AttemptKey[]): Promise<readonly AttemptNews[]>
  /** Gives back attempts that this process holds without knowing, since the reply to a claim was lost; while no claim is in flight. */
  releaseUnknown(workerId: string, known: readonly AttemptKey[]): Promise<void>
  /** @throws AttemptLostError */
  setProgress(workerId: string, attempt: AttemptKey, jobId: string, progress: string): Promise<void>
  /**
   * Keeps lines of an attempt while it is held, and for one that has succeeded. Resolves once they are written, or the attempt is
   * lost; what is there already stays.
   */
  writeLog(workerId: string, log: AttemptLog): Promise<void>
  /**
   * Runs `work` in a transaction of the database, on which this attempt's success is settled as well: both commit, or neither.
   * Null: there is none to settle, since the job runs at once in the scope of a test.
   *
   * @throws AttemptLostError, and whatever `work` throws; then nothing was written
   */
  transaction<T>(workerId: string, attempt: AttemptInHand | null, work: TransactionWork<T>): Promise<T>
  /** Calls back whenever work of these types may be there, until the returned function is called. */
  onWakeUp(wake: (hint: WakeUp) => void): Promise<() => Promise<void>>
  /**
   * The state of all that waits and works, for whoever measures it: answered to one process at a time, which goes on being asked
   * every so often; null: another one has it in hand.
   */
  sample(samplerId: string, everyMs: number): Promise<Sample | null>
  /** Of these jobs, those that were added in a traced context, by their sequences. */
  readTraces(seqs: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>
  /** What this process has seen of its way to the database. */
  vitals(): Vitals
  /** Runs `fn` where `jobqueue` is this service. */
  run<T>(fn: () => T): T
  readonly logger: Logger
}

export interface WorkerEntry {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly jobTypes: readonly string[]
  readonly threads: number
  /** 0: never beats and is never taken for dead. */
  readonly heartbeatIntervalMs: number
  readonly deadForMs: number
}

/** A process that beats. */
export interface Membership {
  /** Beats now: after a pause, before the next claim. */
  beat(): Promise<void>
  /** Ends the beats and says goodbye, and what was settled. */
  leave(settled?: AttemptCounts): Promise<void>
}

/** A wake-up is a hint that shortens the wait; nothing in it is trusted. */
export type WakeUp =
  | { readonly kind: 'available'; readonly jobType: string | null }
  | { readonly kind: 'due' }
  | { readonly kind: 'cancel' }

/** Names one attempt of one job for ever. `seq` is opaque. */
export interface AttemptKey {
  readonly seq: string
  readonly attempt: number
}

/** Lines that one attempt has said. */
export interface AttemptLog extends AttemptKey {
  readonly lines: readonly SaidLine[]
}

export interface SaidLine {
  /** From 1, in the order in which they were said. */
  readonly line: number
  readonly agoMs: number
  readonly level: LogLine['level']
  readonly message: string | null
  /** JSON text. */
  readonly fields: string
}

export interface ClaimedJob extends AttemptKey {
  /** May be made when it is looked at: what every attempt needs of it stands beside it. */
  readonly job: Job
  readonly jobId: string
  readonly type: string
  readonly payload: unknown
  readonly priority: number
  readonly crashCount: number
  readonly bundleId: string | null
  /** It has a unique key or a schedule. */
  readonly keyed: boolean
  /** At which its payload was stored. */
  readonly payloadVersion: number
  /** Why the payload is not what was stored, and the attempt fails before its handler begins. */
  readonly unreadable?: Error | undefined
  /** As the claim resolved it: the job's, else the handler's, else the worker's; 0: none that the worker times, `check` may tell of one. */
  readonly timeoutMs: number
  /** Claimed ahead of free threads: its place in the order in which they begin; null: it begins now. */
  readonly ahead: number | null
  /** True where an error of this attempt, or a time-out of it, would be followed by another. */
  readonly retriesError: boolean
  readonly retriesTimeout: boolean
}

/** What a handler's type brings to a claim. */
export interface ClaimedType {
  readonly type: string
  /** No more of this type than these. */
  readonly room: number
  /** Where to begin to look, among what waits in the order of claims: this job is not there any more, nor what came before it. */
  readonly from?: { readonly priority: number; readonly seq: string } | undefined
  readonly maxRetryCount: number
  readonly maxTimeoutRetryCount: number
  readonly timeoutMs: number
}

export interface StepRequest {
  readonly workerId: string
  readonly outcomes: readonly Outcome[]
  /** Null: settle only. */
  readonly claim: {
    readonly types: readonly ClaimedType[]
    readonly room: number
    /** This process runs nothing: a job that crashed before, which runs alone, goes first. */
    readonly idle: boolean
    /** So many of the first may be in the hands of claims under way: one looks so much further. Unsaid: none. */
    readonly beside?: number | undefined
    readonly maxCrashCount: number
    /** They are claimed ahead of free threads, in places that follow this one. Unsaid: all begin now. */
    readonly aheadOf?: number | undefined
    /** Threads that wait: so many limited jobs at most, and none of them ahead. Unsaid: as many as there is room. */
    readonly free?: number | undefined
  } | null
  /** Up to this place attempts claimed ahead may begin as soon as this is answered: they are to blame if their process dies. */
  readonly begunThrough?: number | undefined
  /** Of attempts claimed ahead, those that began and go on. */
  readonly begins?: readonly Begin[] | undefined
}

/** An attempt that was claimed ahead of a free thread began: its time is counted from there. */
export interface Begin extends AttemptKey {
  /** It began so long ago. */
  readonly agoMs: number
  readonly timeoutMs: number
}

/** How an attempt ended. */
export type Outcome = AttemptKey & {
  /** How many milliseconds it ran, where it was claimed ahead. */
  readonly ranMs?: number | undefined
} & (
    | {
        readonly kind: 'succeeded'
        /** JSON text. */
        readonly result: string | null
        /** What the claim told of its job; unsaid, the service has to look. */
        readonly bundleId?: string | null | undefined
        /** It has a unique key or a schedule. */
        readonly keyed?: boolean | undefined
      }
    | { readonly kind: 'failed' | 'timedOut'; readonly error: RecordedError; readonly retry: RetryTime }
    | { readonly kind: 'terminal' | 'cancelled'; readonly error: RecordedError }
    | { readonly kind: 'released' }
    | {
        readonly kind: 'snoozed'
        readonly delayMs: number
        /** No other job of its type and group starts before. */
        readonly holdsGroup?: boolean | undefined
      }
  )

export interface RecordedError {
  /** Never empty; clean of what PostgreSQL cannot store. */
  readonly message: string
  /** JSON text. */
  readonly data: string | null
}
/** When the next attempt may begin, if one follows. */
export type RetryTime = { readonly waitMs: number } | { readonly at: Date }

export interface StepAnswer {
  readonly claimed: readonly ClaimedJob[]
  /** Attempts that were over before this outcome, or this begin, came. */
  readonly lost: readonly AttemptKey[]
  /** Attempts that a caller's transaction holds: to be settled, or begun, again. */
  readonly busy: readonly AttemptKey[]
  /** False: this process was taken for dead, or has not beaten for too long. It must beat before it may claim or begin. */
  readonly alive: boolean
  /** Others took some of what this claim had seen: more may be waiting. */
  readonly contended: boolean
  /** The claim walked over much that is gone: for a while, claims had better begin where the last one ended. */
  readonly trodden: boolean
  /** Limited types, or types with groups, of which this claim took jobs, or could have with more threads that wait. */
  readonly limited: readonly string[]
  /** The earliest time at which a retry of this step is due, or time lets a limited job begin, in milliseconds from now; null: none. */
  readonly nextDueMs: number | null
}

export interface LookRequest {
  readonly workerId: string
  readonly types: readonly string[]
  /** Also end the attempts of silent workers. */
  readonly reap: boolean
  /** This process waits for nothing but wake-ups and the poll: adders may send them. */
  readonly sleeping: boolean
  /** Names of the rules by which it can tell the times of schedules; null: it runs none. */
  readonly rules?: readonly string[] | null | undefined
  /** What this process has settled since its start. */
  readonly settled?: AttemptCounts | undefined
}

/** What waits, works and lags, as one look at the database saw it. */
export interface Sample {
  readonly jobs: readonly { readonly type: string; readonly state: SampledState; readonly jobs: number }[]
  /** States of which more are there than were counted. */
  readonly capped: readonly (SampledState | 'bundles')[]
  readonly oldestWaiting: readonly { readonly type: string; readonly ageMs: number }[]
  readonly workers: { readonly alive: number; readonly silent: number; readonly stopped: number }
  readonly heartbeats: readonly { readonly workerId: string; readonly ageMs: number }[]
  /** That have not stopped, by whether a member has failed. */
  readonly bundles: readonly { readonly type: string; readonly hasError: boolean; readonly bundles: number }[]
  /** Ticks without a job since the queue is, by the names of schedules. */
  readonly missedTicks: readonly { readonly schedule: string; readonly ticks: number }[]
  /** Rows that retention has deleted since the queue is. */
  readonly deleted: readonly { readonly table: string; readonly rows: number }[]
  /** Bundles whose counts did not agree with their members, since the queue is; as far as was looked. */
  readonly mismatchedBundles: number
  /** Of schedules whose time has come and that nobody has moved on. */
  readonly schedules: readonly { readonly name: string; readonly lagMs: number }[]
  /** Of its rows, how many are dead, from 0 to 1. */
  readonly tables: readonly { readonly table: string; readonly deadRatio: number }[]
}
export type SampledState = 'scheduled' | 'available' | 'running' | 'retrying' | 'failed' | 'dead'

export interface Vitals {
  readonly listen: 'ok' | 'degraded' | 'off'
  /** How often LISTEN came back after it was lost. */
  readonly listenReconnects: number
  /** Notifications sent to itself that were heard; unsaid: nobody has listened. */
  readonly canaries?: Canaries | undefined
  /** Null: there is none. */
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number } | null
  /** Statements that failed, by the class of their SQLSTATE; 'none' where there was none. */
  readonly errors: Readonly<Record<string, number>>
  /** Null: unknown so far. */
  readonly schemaVersion: number | null
}

/** How long notifications take: from the moment one is handed to the database until it is heard. */
export interface Canaries {
  readonly heard: number
  /** Of the last hundred, the latest last. */
  readonly lastMs: readonly number[]
}

export interface LookAnswer {
  /** Attempts of others that this look has ended. */
  readonly reaped: readonly ReapedAttempt[]
  /** Work of these types waits, of the ordinary kind or of the solo kind. */
  readonly waiting: boolean
  readonly waitingSolo: boolean
  /** This process was chosen to let its threads run dry for a solo job that has waited for too long. */
  readonly runDry: boolean
  /** Milliseconds until the earliest due time of any job; null: none is planned. */
  readonly nextDueMs: number | null
  /** The same for the ticks of schedules that this process can run; not above 0: one is due. */
  readonly nextTickMs: number | null
}

/** An attempt as its own worker knows it. */
export interface AttemptInHand extends AttemptKey {
  readonly jobId: string
  /** Aborted once the attempt is over although its handler goes on: nobody waits for what it does. Its reason is for the handler. */
  readonly abandoned: AbortSignal
}

/** What a handler does in its transaction; `trx` and `client` are what the database's package has for it. */
export type TransactionWork<T> = (
  trx: unknown,
  client: unknown,
) => Promise<{
  readonly value: T
  /** JSON text. */
  readonly result: string | null
  /** What the handler has said and nobody has written yet: it is written along. */
  readonly lines?: readonly SaidLine[] | undefined
}>

export interface AttemptNews extends AttemptKey {
  /** 'timedOut' says a service whose clock is not the worker's. */
  readonly news: 'lost' | 'cancelled' | 'timedOut'
}
