import { type Duration, InvalidInputError, type JobDefinition, type JobQueue, type Logger } from '@jq/core'
import { checkedLogger, durationMs, refuseUnknown, shown, silentLogger } from '@jq/core/internal'
import { type Auth, type CheckedAuth, checkedAuth } from './auth.ts'
import type { BodyLimits } from './read-json.ts'

/** What `http` accepts. */
export interface HttpOptions {
  jobqueue: JobQueue
  /** The kinds of jobs that may be added; others are refused. @defaultValue none */
  jobs?: readonly JobDefinition[] | undefined
  /** Who may do what. 'none' where the program around it lets nobody come here that may not. */
  auth: Auth | 'none'
  /** Nothing can be changed, whatever rights somebody has. @defaultValue false */
  readOnly?: boolean | undefined
  /** `/livez`, `/readyz`, `/health` and `/metrics`, and nothing else: for a process that only works. @defaultValue false */
  probesOnly?: boolean | undefined
  /** Pages of these origins may ask by the hand of a browser: `['https://admin.example.com']`. @defaultValue none */
  cors?: { origins: readonly string[] } | undefined
  /** What `/metrics` answers. Without it there is no such path. */
  metrics?: (() => Promise<string>) | undefined
  /** Of a request. What a payload may hold, and room for its envelope. @defaultValue 2 MiB */
  maxBodyBytes?: number | undefined
  /** How long a body may take to arrive. @defaultValue '10s' */
  bodyTimeout?: Duration | undefined
  /** Requests at once; more are answered with 503. @defaultValue 1000 */
  maxRequests?: number | undefined
  /** Streams of events at once. @defaultValue 100 */
  maxStreams?: number | undefined
  /**
   * Where a request comes from, for those who guess tokens. Behind a proxy, read the header that it sets: what the socket says is the
   * proxy itself, and one who guesses would lock out all.
   *
   * @defaultValue the socket's address, where there is one
   */
  clientAddress?: ((request: Request) => string) | undefined
  /** @defaultValue says nothing */
  logger?: Logger | undefined
}

/** The options with their defaults, checked. */
export interface CheckedHttpOptions {
  readonly jobqueue: JobQueue
  readonly jobs: readonly JobDefinition[]
  readonly auth: CheckedAuth
  readonly readOnly: boolean
  readonly probesOnly: boolean
  readonly origins: readonly string[]
  readonly metrics: (() => Promise<string>) | undefined
  readonly body: BodyLimits
  readonly maxRequests: number
  readonly maxStreams: number
  readonly clientAddress: ((request: Request) => string) | undefined
  readonly logger: Logger
}

export const httpOptionKeys = [
  'jobqueue',
  'jobs',
  'auth',
  'readOnly',
  'probesOnly',
  'cors',
  'metrics',
  'maxBodyBytes',
  'bodyTimeout',
  'maxRequests',
  'maxStreams',
  'clientAddress',
  'logger',
] as const satisfies (keyof HttpOptions)[]

/** @throws InvalidInputError */
export function checkedHttpOptions(options: HttpOptions): CheckedHttpOptions {
  refuseUnknown(options, httpOptionKeys, 'options')
  const { jobqueue, jobs = [], cors, metrics, clientAddress, logger } = options
  if (typeof jobqueue?.getJobs !== 'function')
    throw refused('invalid_option', 'jobqueue', jobqueue, 'Give what createJobQueue returned.')
  if (!Array.isArray(jobs)) throw refused('not_iterable', 'jobs', jobs, 'Give an array of job definitions.')
  checkedFunction(metrics, 'metrics')
  checkedFunction(clientAddress, 'clientAddress')
  return {
    jobqueue,
    jobs,
    auth: checkedAuth(options.auth),
    readOnly: checkedFlag(options.readOnly, 'readOnly'),
    probesOnly: checkedFlag(options.probesOnly, 'probesOnly'),
    origins: checkedOrigins(cors),
    metrics,
    body: {
      maxBytes: checkedCount(options.maxBodyBytes ?? 2 * 1024 * 1024, 'maxBodyBytes'),
      timeoutMs: durationMs(options.bodyTimeout ?? '10s', 'options.bodyTimeout'),
    },
    maxRequests: checkedCount(options.maxRequests ?? 1_000, 'maxRequests'),
    maxStreams: checkedCount(options.maxStreams ?? 100, 'maxStreams'),
    clientAddress,
    logger: logger === undefined ? silentLogger : checkedLogger(logger, 'options.logger'),
  }
}

/** @throws InvalidInputError */
export function checkedCount(count: number, key: string): number {
  if (Number.isInteger(count) && count >= 1) return count
  throw refused('invalid_count', key, count, 'Give a whole number from 1 on.')
}

/** Each as browsers send it: a slash at its end would never match, and a star would open the house to every page. */
function checkedOrigins(cors: HttpOptions['cors']): readonly string[] {
  if (cors === undefined) return []
  refuseUnknown(cors, ['origins'], 'options.cors')
  if (!Array.isArray(cors.origins))
    throw refused('not_iterable', 'cors.origins', cors.origins, 'Give an array.')
  for (const origin of cors.origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw refused(
        'invalid_origin',
        'cors.origins',
        origin,
        "Give scheme and host: 'https://admin.example.com'.",
      )
  }
  return cors.origins
}

/** A text of 'false' would be true. */
function checkedFlag(flag: boolean | undefined, key: string): boolean {
  if (flag === undefined || typeof flag === 'boolean') return flag ?? false
  throw refused('not_a_boolean', key, flag, 'Give true or false.')
}

function checkedFunction(given: unknown, key: string): void {
  if (given !== undefined && typeof given !== 'function')
    throw refused('invalid_option', key, given, 'Give a function.')
}

function refused(reason: string, key: string, given: unknown, advice: string): InvalidInputError {
  return new InvalidInputError(reason, `options.${key}`, `${shown(given)} will not do. ${advice}`)
}
