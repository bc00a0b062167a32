import { InvalidInputError } from '@jq/core'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createJobQueue, type JobQueueOptions, migrate } from '../src/index.ts'
import { checkedOptions } from '../src/job-queue-options.ts'

const connectionString = 'postgres://me:secret@db.example/app'
const pool = new pg.Pool({ connectionString })

const refused: readonly [what: string, options: unknown, reason: string, path: string][] = [
  ['no connection at all', {}, 'missing_connection', 'options.connectionString'],
  [
    'a connectionString that is undefined',
    { connectionString: undefined },
    'missing_connection',
    'options.connectionString',
  ],
  ['an empty connectionString', { connectionString: '' }, 'missing_connection', 'options.connectionString'],
  ['a pool that is undefined', { pool: undefined }, 'missing_connection', 'options.pool'],
  [
    'an undefined pool beside a URL',
    { connectionString, pool: undefined },
    'missing_connection',
    'options.pool',
  ],
  [
    'an undefined URL beside a pool',
    { connectionString: undefined, pool },
    'missing_connection',
    'options.connectionString',
  ],
  ['both a URL and a pool', { connectionString, pool }, 'conflicting_options', 'options.pool'],
  [
    'the URL of another database',
    { connectionString: 'mysql://me:secret@host/app' },
    'invalid_url',
    'options.connectionString',
  ],
  [
    'a URL without a scheme',
    { connectionString: 'me:secret@host/app' },
    'invalid_url',
    'options.connectionString',
  ],
  [
    'a listenConnectionString that is undefined',
    { connectionString, listenConnectionString: undefined },
    'missing_connection',
    'options.listenConnectionString',
  ],
  [
    'a listenConnectionString that is no URL',
    { connectionString, listenConnectionString: 'host=h password=secret' },
    'invalid_url',
    'options.listenConnectionString',
  ],
  ['an empty origin', { connectionString, origin: '' }, 'invalid_text', 'options.origin'],
  [
    'an origin of 101 characters',
    { connectionString, origin: 'o'.repeat(101) },
    'too_long',
    'options.origin',
  ],
  [
    'an origin that PostgreSQL cannot store',
    { connectionString, origin: 'a\0b' },
    'invalid_text',
    'options.origin',
  ],
  ['a schema in capitals', { connectionString, schema: 'Worker' }, 'invalid_schema', 'options.schema'],
  [
    'a schema that begins with a digit',
    { connectionString, schema: '1worker' },
    'invalid_schema',
    'options.schema',
  ],
  ['a schema of PostgreSQL', { connectionString, schema: 'pg_worker' }, 'invalid_schema', 'options.schema'],
  [
    'a schema of 41 characters',
    { connectionString, schema: 's'.repeat(41) },
    'invalid_schema',
    'options.schema',
  ],
  ['an empty schema', { connectionString, schema: '' }, 'invalid_schema', 'options.schema'],
  [
    'a schema with SQL in it',
    { connectionString, schema: 'a"; drop schema b; --' },
    'invalid_schema',
    'options.schema',
  ],
  ['a migrate that is none', { connectionString, migrate: 'always' }, 'invalid_option', 'options.migrate'],
  ['a migrate that is a boolean', { connectionString, migrate: true }, 'invalid_option', 'options.migrate'],
  ['a wake that is none', { connectionString, wake: 'never' }, 'invalid_option', 'options.wake'],
  [
    'a retention that is a text',
    { connectionString, retention: '7d' },
    'invalid_option',
    'options.retention',
  ],
  ['a retention that is null', { connectionString, retention: null }, 'invalid_option', 'options.retention'],
  [
    'a retention of succeeded that is no duration',
    { connectionString, retention: { succeeded: '1 week' } },
    'invalid_duration',
    'options.retention.succeeded',
  ],
  [
    'a retention of failed that is no duration',
    { connectionString, retention: { failed: '1 week' } },
    'invalid_duration',
    'options.retention.failed',
  ],
  [
    'a retention of orphaned that is no duration',
    { connectionString, retention: { orphaned: '1 week' } },
    'invalid_duration',
    'options.retention.orphaned',
  ],
  [
    'a retention of something else',
    { connectionString, retention: { cancelled: '1d' } },
    'unknown_option',
    'options.retention.cancelled',
  ],
  ['no options', undefined, 'invalid_option', 'options'],
  ['options that are null', null, 'invalid_option', 'options'],
  ['a list of options', [], 'invalid_option', 'options'],
  ['a pool of nothing', { pool: {} }, 'invalid_pool', 'options.pool'],
  ['a pool that is a number', { pool: 5 }, 'invalid_pool', 'options.pool'],
  ['a pool that is null', { pool: null }, 'invalid_pool', 'options.pool'],
  ['a client for a pool', { pool: new pg.Client({ connectionString }) }, 'invalid_pool', 'options.pool'],
  ['a URL that is a number', { connectionString: 5 }, 'invalid_url', 'options.connectionString'],
  ['a schema that is null', { connectionString, schema: null }, 'invalid_schema', 'options.schema'],
  ['a wake that is null', { connectionString, wake: null }, 'invalid_option', 'options.wake'],
  ['a retention that is a list', { connectionString, retention: [] }, 'invalid_option', 'options.retention'],
  ['a logger of nothing', { connectionString, logger: {} }, 'invalid_logger', 'options.logger'],
  ['a logger that is a number', { connectionString, logger: 5 }, 'invalid_logger', 'options.logger'],
  ['a logger that is null', { connectionString, logger: null }, 'invalid_logger', 'options.logger'],
  ['an option that nobody knows', { connectionString, shcema: 'worker' }, 'unknown_option', 'options.shcema'],
]

test.for(refused)('%s is refused', async ([_, options, reason, path]) => {
  const error = thrownBy(() => createJobQueue(options as JobQueueOptions))
  expect(error).toBeInstanceOf(InvalidInputError)
  expect(error).toMatchObject({ reason, path })
  await expect(migrate(options as JobQueueOptions)).rejects.toMatchObject({ reason, path })
})

test('an option that nobody knows is answered with the nearest that somebody does', () => {
  expect(thrownBy(() => createJobQueue({ connectionString, shcema: 'worker' } as object))).toMatchObject({
    message: expect.stringContaining('schema'),
  })
})

test('no refusal repeats a password', () => {
  for (const [, options] of refused) {
    expect(String(thrownBy(() => createJobQueue(options as JobQueueOptions)))).not.toContain('secret')
  }
})

test('no error of a queue that cannot connect repeats its password', async () => {
  const queue = createJobQueue({ connectionString: 'postgres://me:secret@127.0.0.1:1/app' })
  const health = await queue.health()
  expect(health).toMatchObject({ status: 'down', database: 'down', listen: 'off', oldestWaitingAge: 0 })
  expect(JSON.stringify(health)).not.toContain('secret')
  await queue.close()
})

test("a logger that throws is nobody's job", () => {
  const boom = () => {
    throw new Error('the logger throws')
  }
  const { logger } = checkedOptions({
    connectionString,
    logger: { debug: boom, info: boom, warn: boom, error: boom },
  })
  expect(() => logger.error({}, 'told')).not.toThrow()
})

test('what is left out has its default', () => {
  expect(checkedOptions({ connectionString })).toMatchObject({
    connection: { connectionString },
    listenConnectionString: undefined,
    origin: 'unknown',
    schema: 'worker',
    migrate: 'never',
    wake: 'notify',
    retention: { succeededMs: 7 * 86_400_000, failedMs: 30 * 86_400_000, orphanedMs: null },
  })
})

test('a retention of nothing is taken, and what it leaves out has its default', () => {
  const retention = { succeeded: 0, failed: undefined, orphaned: '14d' } as const
  expect(checkedOptions({ connectionString, retention }).retention).toEqual({
    succeededMs: 0,
    failedMs: 30 * 86_400_000,
    orphanedMs: 14 * 86_400_000,
  })
})

test('the longest names that are allowed are taken', () => {
  const options = { pool, schema: `_${'9'.repeat(39)}`, origin: 'o'.repeat(100) }
  expect(checkedOptions(options)).toMatchObject({
    connection: { pool },
    schema: options.schema,
    origin: options.origin,
  })
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
