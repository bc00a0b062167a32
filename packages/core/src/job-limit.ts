import { checkedDefinition } from './checked-definition.ts'
import { type Duration, durationMs } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import type { JobDefinition } from './job-definition.ts'
import { checkedJobType } from './job-options.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

/** What the jobs of a type may do at most, over all processes. */
export interface JobLimit {
  /** Running at once: attempts that are current, also those of processes that died, until their lease has lapsed. */
  readonly concurrency?: number | undefined
  /**
   * Started per so much time: a bucket of `count` tokens, one for each start, which fills evenly within `per`. After a rest up to
   * `count` start at once.
   */
  readonly rate?: { readonly count: number; readonly per: Duration } | undefined
  /** Both for each `groupKey` by itself; jobs without one form a group of their own. @defaultValue false */
  readonly perGroup?: boolean | undefined
}

/** A limit that was checked; all null: none. */
export interface PreparedLimit {
  readonly concurrency: number | null
  readonly rateCount: number | null
  readonly rateMs: number | null
  readonly perGroup: boolean
}

/** The type of a job that is given by its definition or by its name. @throws InvalidInputError */
export function typeOf(job: JobDefinition | string): string {
  return typeof job === 'string' ? checkedJobType(job, 'job') : checkedDefinition(job).type
}

/** @throws InvalidInputError */
export function prepareLimit(limit: JobLimit | null): PreparedLimit {
  if (limit === null) return { concurrency: null, rateCount: null, rateMs: null, perGroup: false }
  refuseUnknown(limit, ['concurrency', 'rate', 'perGroup'], 'limit')
  const { concurrency, rate, perGroup = false } = limit
  if (concurrency === undefined && rate === undefined)
    throw new InvalidInputError(
      'invalid_limit',
      'limit',
      'limits nothing. Give concurrency, rate or both; null takes the limit away.',
    )
  if (typeof perGroup !== 'boolean')
    throw new InvalidInputError(
      'not_a_boolean',
      'limit.perGroup',
      `is ${shown(perGroup)}. Give true or false.`,
    )
  return {
    concurrency: concurrency === undefined ? null : checkedCount(concurrency, 'limit.concurrency'),
    ...checkedRate(rate),
    perGroup,
  }
}

/** The limit that was stored, as one would give it; null: none. */
export function storedLimit({ concurrency, rateCount, rateMs, perGroup }: PreparedLimit): JobLimit | null {
  if (concurrency === null && rateCount === null) return null
  return {
    ...(concurrency === null ? {} : { concurrency }),
    ...(rateCount === null || rateMs === null ? {} : { rate: { count: rateCount, per: rateMs } }),
    ...(perGroup ? { perGroup } : {}),
  }
}

function checkedRate(rate: JobLimit['rate']): Pick<PreparedLimit, 'rateCount' | 'rateMs'> {
  if (rate === undefined) return { rateCount: null, rateMs: null }
  refuseUnknown(rate, ['count', 'per'], 'limit.rate')
  const rateMs = durationMs(rate.per, 'limit.rate.per')
  if (rateMs < 1)
    throw new InvalidInputError(
      'invalid_duration',
      'limit.rate.per',
      'is less than a millisecond. Give a longer time.',
    )
  return { rateCount: checkedCount(rate.count, 'limit.rate.count'), rateMs }
}

/** 0 would stop the type for ever, which `pause` says more clearly. */
function checkedCount(count: number, path: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= 1_000_000) return count
  throw new InvalidInputError(
    'invalid_count',
    path,
    `${shown(count)} will not do. Give a whole number from 1 to 1000000; pause stops a type altogether.`,
  )
}
