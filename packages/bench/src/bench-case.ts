import type { Bench } from './bench.ts'

/** What one measurement found, by the names of the columns. */
export type Measurement = Readonly<Record<string, number>>

/** One contender with one setting, measured once in each round. */
export interface Lane {
  readonly name: string
  measure(bench: Bench): Promise<Measurement>
}

/** How one lane compares with another in the same round, and what is asked of that. */
export interface RatioWish {
  readonly of: string
  /** Null: the value itself is what counts. */
  readonly to: string | null
  readonly column: string
  /** The column of the other one. @defaultValue the same */
  readonly over?: string | undefined
  readonly floor?: number | undefined
  readonly goal?: number | undefined
  /** The ratio shall be at most so much, as of times and costs. */
  readonly atMost?: boolean | undefined
}

/** One question, and who answers it. */
export interface BenchCase {
  readonly name: string
  /** One sentence: what is measured. */
  readonly what: string
  lanes(size: Size): readonly Lane[]
  readonly ratios: readonly RatioWish[]
  /** What the figures do not say by themselves, a sentence each. */
  readonly notes?: readonly string[] | undefined
  /** It takes long: more rounds than these it does not get. */
  readonly mostRounds?: number | undefined
  /** The peers do nothing here that they do not in other cases too: a smoke test leaves them out. */
  readonly smokesAlone?: boolean | undefined
  /** All lanes are measured at the same time: none of them uses the machine. */
  readonly atOnce?: boolean | undefined
}

/** How much of everything. */
export interface Size {
  readonly smoke: boolean
  /** Times the usual number of jobs; below 1 for a quick look. */
  readonly scale: number
  /** Whether BullMQ can be measured. */
  readonly hasRedis: boolean
}

/** Those who are measured in every case that all of them know, ours first. */
export function contenders({ hasRedis }: Size): readonly string[] {
  return ['ours', 'graphile-worker', 'pg-boss', ...(hasRedis ? ['BullMQ'] : [])]
}

/** So many jobs at the usual size, and just enough to see it work in a smoke test. */
export function jobsFor({ smoke, scale }: Size, usual: number, few = 60): number {
  return smoke ? few : Math.max(few, Math.round((usual * scale) / 100) * 100)
}
