import { InvalidInputError, type Logger } from '@jq/core'
import { checkedLogger, checkedText, oneOf, refuseUnknown, silentLogger } from '@jq/core/internal'
import type { Pool } from 'pg'
import { type Migration, migrations } from './migrations.ts'
import { checkedRetention, type Retention, type RetentionOptions } from './retention.ts'

export interface JobQueueOptions {
  /**
   * One of the two. A pool stays the caller's; a URL's pool is ours and closed with us. Given but undefined is refused by name,
   * never the driver's default. LISTEN and the heartbeat connect by the pool's options, on connections of their own; where
   * these hold functions, which no thread can take, the heartbeat beats on the main thread and `health().reasons` says so.
   * The queue waits for a connection as long as the pool's `connectionTimeoutMillis` says, and 10 s where it says nothing.
   */
  connectionString?: string | undefined
  pool?: Pool | undefined
  /** Origin of jobs that name none. @defaultValue 'unknown' */
  origin?: string | undefined
  /** Direct URL for LISTEN and the heartbeat where `connectionString` goes through a transaction pooler. */
  listenConnectionString?: string | undefined
  /** `^[a-z_][a-z0-9_]{0,39}$`, not `pg_*`. @defaultValue 'worker' */
  schema?: string | undefined
  /** 'never' (a clear error names the command to run), or 'up' to bring the schema up to date first. @defaultValue 'never' */
  migrate?: 'never' | 'up' | undefined
  /** 'notify', or 'poll': never LISTEN. @defaultValue 'notify' */
  wake?: 'notify' | 'poll' | undefined
  /**
   * How long finished jobs are kept; 0 keeps none, but everything stays for a minute. Bundles go as a whole, once they have stopped
   * for so long. Processes that work clear up about once a minute, each by its own queue's retention, so that the shortest counts:
   * give all the same.
   *
   * `orphaned`: unfinished jobs of types that no worker has known for this long are deleted. Nothing is judged before workers have
   * been there for as long, without a gap of more than an hour. Where it is left out, they stay for ever.
   *
   * @defaultValue { succeeded: '7d', failed: '30d' }
   */
  retention?: RetentionOptions | undefined
  logger?: Logger | undefined
}

/** The options with their defaults, checked. */
export interface CheckedOptions {
  readonly connection: { readonly connectionString: string } | { readonly pool: Pool }
  readonly listenConnectionString: string | undefined
  readonly origin: string
  readonly schema: string
  readonly migrate: 'never' | 'up'
  /** What this code knows of the schema's history: the last of it is what it reads and writes. */
  readonly migrations: readonly Migration[]
  readonly wake: 'notify' | 'poll'
  readonly retention: Retention
  readonly logger: Logger
}

const KEYS = [
  'connectionString',
  'pool',
  'origin',
  'listenConnectionString',
  'schema',
  'migrate',
  'wake',
  'retention',
  'logger',
] as const satisfies (keyof JobQueueOptions)[]

/** @throws InvalidInputError */
export function checkedOptions(options: JobQueueOptions, known: readonly string[] = KEYS): CheckedOptions {
  refuseUnknown(options, known, 'options')
  const {
    origin = 'unknown',
    schema = 'worker',
    migrate = 'never',
    wake = 'notify',
    retention = {},
    logger = silentLogger,
  } = options
  return {
    connection: checkedConnection(options),
    listenConnectionString: checkedUrl(options, 'listenConnectionString'),
    origin: checkedText(origin, 100, 'options.origin'),
    schema: checkedSchemaName(schema),
    migrate: oneOf(['never', 'up'], migrate, 'options.migrate'),
    migrations,
    wake: oneOf(['notify', 'poll'], wake, 'options.wake'),
    retention: checkedRetention(retention, 'options.retention'),
    logger: checkedLogger(logger, 'options.logger'),
  }
}
export const jobQueueOptionKeys: readonly string[] = KEYS

function checkedConnection(options: JobQueueOptions): CheckedOptions['connection'] {
  const url = checkedUrl(options, 'connectionString')
  if ('pool' in options && options.pool === undefined) throw missing('pool')
  if (url !== undefined && options.pool !== undefined) {
    throw new InvalidInputError(
      'conflicting_options',
      'options.pool',
      'stands beside connectionString. Give one of the two.',
    )
  }
  if (url !== undefined) return { connectionString: url }
  if (options.pool !== undefined) return { pool: checkedPool(options.pool) }
  throw new InvalidInputError(
    'missing_connection',
    'options.connectionString',
    'is missing. Give a URL such as postgres://user@host/database, or a pg Pool as pool.',
  )
}

/** By its shape, so that a pool of any copy and version of the driver will do. */
function checkedPool(pool: Pool): Pool {
  const { connect, on, options } = (pool ?? {}) as Partial<Pool>
  if (typeof connect === 'function' && typeof on === 'function' && typeof options === 'object') return pool
  throw new InvalidInputError(
    'invalid_pool',
    'options.pool',
    'is no pool of the driver pg. Give new pg.Pool({ connectionString }), or the URL itself as connectionString.',
  )
}

/** Given but undefined is a forgotten environment variable: the driver would silently connect somewhere else. */
function checkedUrl(
  options: JobQueueOptions,
  key: 'connectionString' | 'listenConnectionString',
): string | undefined {
  if (!(key in options)) return undefined
  const url = options[key]
  if (url === undefined || url === '') throw missing(key)
  if (typeof url === 'string' && /^postgres(ql)?:\/\//.test(url)) return url
  throw new InvalidInputError(
    'invalid_url',
    `options.${key}`,
    'is no PostgreSQL URL. It begins with postgres:// (the text itself is not shown, since it may hold a password).',
  )
}

function missing(key: string): InvalidInputError {
  return new InvalidInputError(
    'missing_connection',
    `options.${key}`,
    'was given but is undefined or empty: most likely an environment variable is not set.',
  )
}

/** @throws InvalidInputError with reason `invalid_schema` */
export function checkedSchemaName(schema: string): string {
  if (typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,39}$/.test(schema) && !schema.startsWith('pg_'))
    return schema
  throw new InvalidInputError(
    'invalid_schema',
    'options.schema',
    `${JSON.stringify(schema)} will not do. Use a small letter or _, then up to 39 of a-z 0-9 _, not beginning with pg_.`,
  )
}
