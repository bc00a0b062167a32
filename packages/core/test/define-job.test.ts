import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { defineJob, type JobDefaults } from '../src/index.ts'
import { checkedResult, descOf, jobAs, parsedPayload, prepareJob } from '../src/internal.ts'
import { jobOf } from './job-of.ts'
import { laterRefusalOf, refusalOf } from './refusal-of.ts'

const resize = defineJob('resize-image', {
  payload: z.object({ url: z.url(), width: z.int().positive().default(800) }),
  result: z.object({ bytes: z.int() }),
  maxRetryCount: 3,
  timeout: '2m',
})
const defined = (defaults: object) => defineJob('resize-image', { payload: z.null(), ...defaults })

test.each(['a', 'A-z_0.9:/x', 'constructor', '__proto__', 'toString', 'x'.repeat(100)])(
  '%j is a job type',
  (type) => {
    expect(defineJob(type, { payload: z.null() }).with(null)).toEqual({ type, payload: null })
  },
)

const injection = `x'); drop table "job"; --\\`

// S01, S05, S35
test.each([
  [''],
  ['x'.repeat(101)],
  ['resize image'],
  ['a\n'],
  ['a\0'],
  ['ä'],
  [injection],
  [5],
  [undefined],
])('%o is no job type', (type) => {
  expect(refusalOf(() => defineJob(type as string, { payload: z.null() }))).toMatchObject({
    reason: 'invalid_job_type',
    path: 'type',
  })
})

// S35
test('quotes, backslashes and SQL are data in a payload, an origin and a key', () => {
  const job = defineJob('note', { payload: z.string() })
  const prepared = prepareJob(
    job.with(injection, { origin: injection, uniqueKey: injection }),
    'test',
    'jobs[0]',
  )
  expect(JSON.parse(prepared.payload)).toBe(injection)
  expect(prepared).toMatchObject({ origin: injection, uniqueKey: injection })
})

test.each([
  ['a shape in place of a schema', { payload: { url: z.url() } }, 'payload'],
  ['no schema', { payload: undefined }, 'payload'],
  ['a result that is no schema', { payload: z.null(), result: {} }, 'result'],
])('%s is refused', (_, definition, path) => {
  expect(refusalOf(() => defineJob('a', definition as { payload: z.ZodNull }))).toMatchObject({
    reason: 'invalid_schema',
    path,
  })
})

test.each<[defaults: object, reason: string, path: string]>([
  [{ maxRetryCount: -2 }, 'invalid_retry_count', 'definition.maxRetryCount'],
  [{ timeout: '5 minutes' }, 'invalid_duration', 'definition.timeout'],
  [{ origin: '' }, 'invalid_text', 'definition.origin'],
  [{ uniqueKey: 'x'.repeat(513) }, 'too_long', 'definition.uniqueKey'],
  [{ retires: 3 }, 'unknown_option', 'definition.retires'],
  [{ reslut: z.null() }, 'unknown_option', 'definition.reslut'],
  [{ id: 'ec5c12dc-dbab-5900-b57f-91971a6c5b9b' }, 'unknown_option', 'definition.id'],
  [{ startAt: new Date() }, 'unknown_option', 'definition.startAt'],
])('a definition with %o is refused', (defaults, reason, path) => {
  expect(refusalOf(() => defined(defaults))).toMatchObject({ reason, path })
})

test('with gives the payload as it was given, and the defaults of the definition', () => {
  const payload = { url: 'https://example.com/a.png' }
  const desc = resize.with(payload)
  expect(desc).toEqual({ type: 'resize-image', payload, maxRetryCount: 3, timeout: '2m' })
  expect(desc.payload).toBe(payload)
})

test('an option wins over the default of the definition', () => {
  const payload = { url: 'https://example.com/a.png' }
  expect(resize.with(payload, { maxRetryCount: 0, priority: 5 })).toMatchObject({
    maxRetryCount: 0,
    timeout: '2m',
    priority: 5,
  })
  expect(resize.with(payload, { maxRetryCount: undefined })).toMatchObject({ maxRetryCount: 3 })
})

test('startAt sets the default runAfter aside', () => {
  const startAt = new Date('2026-01-01T00:00:00Z')
  const later = defined({ runAfter: '5m' })
  expect(later.with(null)).toMatchObject({ runAfter: '5m' })
  expect(later.with(null, { startAt })).toEqual({ type: 'resize-image', payload: null, startAt })
})

test('what with has made cannot be changed, a copy can', () => {
  const desc = resize.with({ url: 'https://example.com/a.png' })
  expect(() => {
    desc.priority = 1.5
  }).toThrow(TypeError)
  expect(refusalOf(() => prepareJob({ ...desc, priority: 1.5 }, 'test', 'jobs[3]'))).toMatchObject({
    reason: 'invalid_priority',
    path: 'jobs[3].priority',
  })
})

test('is tells jobs of this type from others', () => {
  expect(resize.is(jobOf({ type: 'resize-image' }))).toBe(true)
  expect(resize.is(jobOf({ type: 'resize' }))).toBe(false)
})

test('is knows the former names of a type', () => {
  const renamed = defined({ aliases: ['resize', 'scale'] })
  for (const type of ['resize-image', 'resize', 'scale']) expect(renamed.is(jobOf({ type }))).toBe(true)
  expect(renamed.is(jobOf({ type: 'crop' }))).toBe(false)
  expect(jobAs(jobOf({ type: 'scale' }), renamed)?.type).toBe('scale')
})

test('a job is stored with the version of its definition, also as a copy, and version 1 need not be said', () => {
  const third = defined({ version: 3, migrate: () => null, aliases: ['a'] })
  expect(third.with(null)).toEqual({ type: 'resize-image', payload: null, version: 3 })
  expect(prepareJob(third.with(null), 'test', 'job').payloadVersion).toBe(3)
  expect(prepareJob({ ...third.with(null), priority: 1 }, 'test', 'job').payloadVersion).toBe(3)
  expect(prepareJob({ type: 'a', payload: null, version: 1 }, 'test', 'job').payloadVersion).toBeNull()
  expect(defined({ version: 1 }).with(null)).toEqual({ type: 'resize-image', payload: null })
  expect(refusalOf(() => prepareJob({ type: 'a', payload: null, version: 0 }, 'test', 'job'))).toMatchObject({
    reason: 'invalid_version',
    path: 'job.version',
  })
})

test.each<[object, string, string]>([
  [{ version: 2 }, 'conflicting_options', 'definition.version'],
  [{ version: 2 ** 31, migrate: () => null }, 'invalid_version', 'definition.version'],
  [{ version: '2', migrate: () => null }, 'invalid_version', 'definition.version'],
  [{ migrate: () => null }, 'conflicting_options', 'definition.migrate'],
  [{ version: 2, migrate: {} }, 'invalid_option', 'definition.migrate'],
  [{ aliases: 'a' }, 'invalid_option', 'definition.aliases'],
  [{ aliases: ['a', 'a'] }, 'duplicate_alias', 'definition.aliases[1]'],
  [{ aliases: ['resize-image'] }, 'duplicate_alias', 'definition.aliases[0]'],
  [{ aliases: ['a b'] }, 'invalid_job_type', 'definition.aliases[0]'],
])('the history %j is refused', (history, reason, path) => {
  expect(refusalOf(() => defined(history))).toMatchObject({ reason, path })
})

// S01
test('an undefined payload is refused, and null where the schema does not take it', async () => {
  const nothing = undefined as never
  const refusal = { reason: 'undefined_value', path: 'payload' }
  expect(refusalOf(() => resize.with(nothing))).toMatchObject(refusal)
  expect(await laterRefusalOf(() => descOf(resize, nothing, {}))).toMatchObject(refusal)
  expect(refusalOf(() => resize.with(null as never))).toMatchObject({
    reason: 'schema_mismatch',
    path: 'payload',
  })
  expect(defined({}).with(null)).toMatchObject({ payload: null })
})

// S02
test('a payload that JSON cannot hold is refused with its path', async () => {
  const anything = defineJob('anything', { payload: z.any() })
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  for (const [payload, reason, path] of [
    [{ a: 5n }, 'bigint', 'payload.a'],
    [cyclic, 'cycle', 'payload.self'],
    [{ a: [() => 1] }, 'undefined_value', 'payload.a[0]'],
  ] as const) {
    expect(refusalOf(() => anything.with(payload))).toMatchObject({ reason, path })
    expect(await laterRefusalOf(() => descOf(anything, payload, {}))).toMatchObject({ reason, path })
  }
})

// S03
test.each([
  [{ url: 'nowhere' }, 'payload.url'],
  [{ url: 'https://example.com/', width: 1.5 }, 'payload.width'],
  [{}, 'payload.url'],
  ['https://example.com/', 'payload'],
])('the payload %j fails its schema at %s', async (payload, path) => {
  const refusal = { reason: 'schema_mismatch', path }
  expect(refusalOf(() => resize.with(payload as never))).toMatchObject(refusal)
  expect(await laterRefusalOf(() => descOf(resize, payload, {}))).toMatchObject(refusal)
})

test('the path of a refused payload leads through arrays', () => {
  const send = defineJob('send', { payload: z.object({ to: z.array(z.object({ email: z.email() })) }) })
  expect(refusalOf(() => send.with({ to: [{ email: 'a@example.com' }, { email: 'nobody' }] })).path).toBe(
    'payload.to[1].email',
  )
})

// S04
test('the input is stored as given, and the handler sees the parsed output once', async () => {
  const transform = vi.fn((text: string) => `${text}!`)
  const greet = defineJob('greet', {
    payload: z.object({ name: z.string().transform(transform), times: z.int().default(2) }),
  })
  const desc = greet.with({ name: 'Ada' })
  const { payload } = prepareJob(desc, 'test', 'jobs[0]')
  expect(desc.payload).toEqual({ name: 'Ada' })
  expect(payload).toBe('{"name":"Ada"}')

  transform.mockClear()
  const seen = await parsedPayload(greet.schema.payload, JSON.parse(payload), JSON.parse(payload))
  expect(seen).toEqual({ name: 'Ada!', times: 2 })
  expect(transform).toHaveBeenCalledTimes(1)
})

// S04
test('a date travels as text and is a Date for the handler', async () => {
  const remind = defineJob('remind', {
    payload: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
  })
  const { payload } = prepareJob(remind.with({ at: '2026-01-01T00:00:00Z' }), 'test', 'jobs[0]')
  expect(payload).toBe('{"at":"2026-01-01T00:00:00Z"}')
  const seen = await parsedPayload(remind.schema.payload, JSON.parse(payload), {})
  expect(seen).toEqual({ at: new Date('2026-01-01T00:00:00Z') })
})

// S04
test('each member of a union is stored as given and parsed as its own', async () => {
  const tell = defineJob('tell', {
    payload: z.discriminatedUnion('by', [
      z.object({ by: z.literal('email'), to: z.string().toLowerCase() }),
      z.object({ by: z.literal('phone'), number: z.string().transform(Number) }),
    ]),
  })
  const stored = [tell.with({ by: 'email', to: 'ADA' }), tell.with({ by: 'phone', number: '123' })].map(
    (desc) => prepareJob(desc, 'test', 'jobs[0]').payload,
  )
  expect(stored).toEqual(['{"by":"email","to":"ADA"}', '{"by":"phone","number":"123"}'])
  const seen = stored.map((text) => parsedPayload(tell.schema.payload, JSON.parse(text), {}))
  expect(await Promise.all(seen)).toEqual([
    { by: 'email', to: 'ada' },
    { by: 'phone', number: 123 },
  ])
})

test('a payload that is changed after with is stored as it was then', () => {
  const payload = { url: 'https://example.com/a.png' }
  const desc = resize.with(payload)
  payload.url = 'changed'
  expect(prepareJob(desc, 'test', 'jobs[0]').payload).toBe('{"url":"https://example.com/a.png"}')
})

test('a schema that wants a Date is refused, since JSON gives back text', async () => {
  const remind = defineJob('remind', { payload: z.object({ times: z.array(z.date()) }) })
  const refusal = { reason: 'not_json', path: 'payload.times[0]' }
  expect(refusalOf(() => remind.with({ times: [new Date(0)] }))).toMatchObject(refusal)
  expect(await laterRefusalOf(() => descOf(remind, { times: [new Date(0)] }, {}))).toMatchObject(refusal)
})

test('a schema that reads dates from text takes a Date', () => {
  const remind = defineJob('remind', { payload: z.object({ at: z.coerce.date() }) })
  expect(remind.with({ at: new Date(0) }).payload).toEqual({ at: new Date(0) })
})

test('a schema that answers with a promise is refused by with and awaited by add', async () => {
  const slow = defineJob('slow', { payload: z.string().refine(async (text) => text !== 'no') })
  expect(refusalOf(() => slow.with('yes'))).toMatchObject({ reason: 'async_schema', path: 'payload' })
  expect(await descOf(slow, 'yes', { priority: 5 })).toEqual({ type: 'slow', payload: 'yes', priority: 5 })
  expect(await laterRefusalOf(() => descOf(slow, 'no', {}))).toMatchObject({ reason: 'schema_mismatch' })
})

test('any Standard Schema will do', () => {
  const even = {
    '~standard': {
      version: 1,
      vendor: 'here',
      validate: (value: unknown) =>
        Number(value) % 2 === 0
          ? { value: Number(value) }
          : { issues: [{ message: 'is odd', path: [{ key: 'deep' }, 0, Symbol('s')] }] },
    },
  } as const
  const job = defineJob('even', { payload: even })
  expect(job.with(2)).toEqual({ type: 'even', payload: 2 })
  expect(refusalOf(() => job.with(3))).toMatchObject({
    reason: 'schema_mismatch',
    path: 'payload.deep[0].Symbol(s)',
    message: expect.stringContaining('is odd'),
  })
})

test('a unique key is computed from the parsed payload, and an option wins over it', () => {
  const charge = defineJob('charge', {
    payload: z.object({ invoice: z.string().trim() }),
    uniqueKey: ({ invoice }) => `charge ${invoice}`,
  })
  expect(charge.with({ invoice: ' 17 ' })).toEqual({
    type: 'charge',
    payload: { invoice: ' 17 ' },
    uniqueKey: 'charge 17',
  })
  expect(charge.with({ invoice: '17' }, { uniqueKey: 'mine' })).toMatchObject({ uniqueKey: 'mine' })
  expect(defined({ uniqueKey: 'only one' }).with(null)).toMatchObject({ uniqueKey: 'only one' })
})

test.each([
  ['', 'invalid_text'],
  ['a\0', 'invalid_text'],
  [undefined, 'invalid_text'],
  ['x'.repeat(513), 'too_long'],
])('a computed unique key %o is refused', (key, reason) => {
  const uniqueKey = (() => key) as JobDefaults['uniqueKey']
  expect(refusalOf(() => defined({ uniqueKey }).with(null))).toMatchObject({
    reason,
    path: 'definition.uniqueKey',
  })
})

test('a result is checked as it will be stored', async () => {
  const schema = resize.schema.result ?? expect.fail('resize has a result')
  await checkedResult(schema, { bytes: 5 }, { bytes: 5 })
  expect(
    await laterRefusalOf(() => checkedResult(schema, { bytes: 'many' }, { bytes: 'many' })),
  ).toMatchObject({
    reason: 'schema_mismatch',
    path: 'result.bytes',
  })
})
