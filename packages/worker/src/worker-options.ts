import { type Duration, InvalidInputError, type Logger } from '@jq/core'
import { checkedLogger, durationMs, refuseUnknown, shown } from '@jq/core/internal'

/** What `createWorker` accepts. */
export interface WorkerOptions {
  /** Time between two heartbeats; 0 switches them off, and with them crash recovery of running jobs. @defaultValue '10s' */
  heartbeatInterval?: Duration | undefined
  /** Silence after which a worker is taken for dead. At least 3 × heartbeatInterval, so that losing two beats loses no job. @defaultValue '1m' */
  deadFor?: Duration | undefined
  /** @defaultValue '10s' */
  reapInterval?: Duration | undefined
  /** Longest wait for work that no notification announced. Due times that this process knows are waited for. @defaultValue '5s' */
  pollInterval?: Duration | undefined
  /** 0 switches it off. A job's own or its handler's setting wins. @defaultValue '15m' */
  timeout?: Duration | undefined
  /** @defaultValue 0 */
  maxRetryCount?: number | undefined
  /** @defaultValue 0 */
  maxTimeoutRetryCount?: number | undefined
  /** Crashes after which a job is dead, so that poison cannot loop. @defaultValue 3 */
  maxCrashCount?: number | undefined
  /**
   * Jobs to claim ahead of free threads, so that short ones need not wait for the database; given back at once on shutdown. Never
   * more are claimed than threads and these, and none of them is to blame if the process dies before it may have begun. The order by
   * priority holds among what is claimed together: a more urgent job that comes later waits for what was claimed before. At most
   * 10,000. @defaultValue 0
   */
  prefetch?: number | undefined
  /** Run schedules in this process too. @defaultValue true */
  schedules?: boolean | undefined
  logger?: Logger | undefined
  onError?: ((error: Error) => void) | undefined
}

/** The options with their defaults, checked; durations in milliseconds. */
export interface WorkerSettings {
  readonly heartbeatMs: number
  readonly deadForMs: number
  readonly reapMs: number
  readonly pollMs: number
  readonly timeoutMs: number
  readonly maxRetryCount: number
  readonly maxTimeoutRetryCount: number
  readonly maxCrashCount: number
  readonly prefetch: number
  readonly schedules: boolean
  readonly logger: Logger | undefined
  readonly onError: (error: Error) => void
}

const KEYS = [
  'heartbeatInterval',
  'deadFor',
  'reapInterval',
  'pollInterval',
  'timeout',
  'maxRetryCount',
  'maxTimeoutRetryCount',
  'maxCrashCount',
  'prefetch',
  'schedules',
  'logger',
  'onError',
] as const satisfies (keyof WorkerOptions)[]

/** @throws InvalidInputError */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  refuseUnknown(options, KEYS, 'options')
  const {
    heartbeatInterval = '10s',
    deadFor = '1m',
    reapInterval = '10s',
    pollInterval = '5s',
    timeout = '15m',
    maxRetryCount = 0,
    maxTimeoutRetryCount = 0,
    maxCrashCount = 3,
    prefetch = 0,
    schedules = true,
    logger,
    onError = () => undefined,
  } = options
  const heartbeatMs = durationMs(heartbeatInterval, 'options.heartbeatInterval')
  return {
    heartbeatMs,
    deadForMs: checkedDeadFor(deadFor, heartbeatMs),
    reapMs: positive(reapInterval, 'options.reapInterval'),
    pollMs: positive(pollInterval, 'options.pollInterval'),
    timeoutMs: durationMs(timeout, 'options.timeout'),
    maxRetryCount: checkedRetryCount(maxRetryCount, 'options.maxRetryCount'),
    maxTimeoutRetryCount: checkedRetryCount(maxTimeoutRetryCount, 'options.maxTimeoutRetryCount'),
    maxCrashCount: checkedCount(maxCrashCount, 32_767, 'options.maxCrashCount'),
    prefetch: checkedPrefetch(prefetch),
    schedules: checkedSchedules(schedules),
    logger: logger === undefined ? undefined : checkedLogger(logger, 'options.logger'),
    onError: checkedOnError(onError),
  }
}

/** @throws InvalidInputError with reason `invalid_retry_count` */
export function checkedRetryCount(count: number, path: string): number {
  if (Number.isInteger(count) && count >= -1 && count <= 1_000_000) return count
  throw new InvalidInputError(
    'invalid_retry_count',
    path,
    `${count} will not do. Give a whole number from 0 to 1000000, or -1 for no limit.`,
  )
}

/** @throws InvalidInputError with reason `invalid_count` */
export function checkedCount(count: number, most: number, path: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= most) return count
  throw new InvalidInputError(
    'invalid_count',
    path,
    `${count} will not do. Give a whole number from 1 to ${most}.`,
  )
}

function checkedOnError(onError: (error: Error) => void): (error: Error) => void {
  if (typeof onError === 'function') return onError
  throw new InvalidInputError('invalid_option', 'options.onError', `${shown(onError)} is no function.`)
}

function checkedPrefetch(count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= 10_000) return count
  throw new InvalidInputError(
    'invalid_count',
    'options.prefetch',
    `${count} will not do. Give a whole number from 0 to 10000.`,
  )
}

function checkedSchedules(schedules: boolean): boolean {
  if (typeof schedules === 'boolean') return schedules
  throw new InvalidInputError(
    'not_a_boolean',
    'options.schedules',
    `is ${shown(schedules)}. Give true or false.`,
  )
}

function positive(value: Duration, path: string): number {
  const ms = durationMs(value, path)
  if (ms > 0) return ms
  throw new InvalidInputError('invalid_duration', path, 'is 0, which would never rest. Give a longer time.')
}

function checkedDeadFor(value: Duration, heartbeatMs: number): number {
  const ms = positive(value, 'options.deadFor')
  if (ms >= 3 * heartbeatMs) return ms
  throw new InvalidInputError(
    'dead_for_too_short',
    'options.deadFor',
    `is ${ms} ms, less than 3 × heartbeatInterval (${heartbeatMs} ms): one slow and one lost beat would cost a living worker its jobs. Lengthen deadFor, or shorten heartbeatInterval.`,
  )
}
