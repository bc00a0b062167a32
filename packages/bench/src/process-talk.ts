import type { WorkPlan } from './contenders/contender.ts'

/** What a contender's process is started with, as JSON in its first argument. */
export interface ProcessPlan {
  readonly contender: string
  readonly work: WorkPlan
  /** Says each job's number and time as its handler is entered. */
  readonly tellsEntries: boolean
}

/** What a contender's process is told. Each order is answered once it is done. */
export type Order =
  | { readonly order: 'open-hands'; readonly url: string }
  /** As many producers as are wanted, each with connections of its own; the callers share them evenly. @defaultValue 1 */
  | { readonly order: 'open-producer'; readonly url: string; readonly count?: number }
  | { readonly order: 'work' | 'rest' | 'close' | 'report' }
  /** So many jobs by so many callers, each of which waits for its last one. */
  | { readonly order: 'add'; readonly count: number; readonly callers: number }
  /** So many jobs, so many a call. */
  | { readonly order: 'add-many' | 'add-bundles'; readonly count: number; readonly size: number }
  | { readonly order: 'add-one'; readonly n: number }

/** What a contender's process says. */
export type Said = Answer | Ticked | Entered

export interface Answer {
  readonly said: 'done'
  readonly id: number
  readonly error?: string
  readonly startedAt: number
  readonly endedAt: number
  /** Used by this process between the two. */
  readonly cpuUs: number
  readonly report?: Report
}

/** Said often while jobs run. */
export interface Ticked {
  readonly said: 'tick'
  readonly at: number
  readonly count: number
  /** Of this process since its start. */
  readonly cpuUs: number
}

export interface Entered {
  readonly said: 'entered'
  readonly n: number
  readonly at: number
}

/** What a process has done. */
export interface Report extends Runs {
  /** Of this process since its start. */
  readonly cpuUs: number
}

/** Which jobs have run since its hands were opened. */
export interface Runs {
  readonly count: number
  /** Runs beyond the first of a job. */
  readonly repeats: number
  /** One bit a job, in base64. */
  readonly ran: string
}

/** Milliseconds of the machine's own clock, the same in all processes. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
