import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Duration } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import type { Job } from './job.ts'
import type { JobId } from './job-id.ts'
import { checkedJobOptions, checkedJobType, checkedText } from './job-options.ts'
import { jsonText } from './json-text.ts'
import { parsedNow, parsedPayload } from './parse-payload.ts'
import { checkPayloadHistory } from './payload-history.ts'
import { rememberPayload } from './prepare-job.ts'
import { refuseUnknown } from './refuse-unknown.ts'

export interface JobOptions {
  /** Any UUID; a new UUIDv7 by default. */
  id?: JobId | undefined
  /** Default: the bundle's, the schedule's name, else `JobQueueOptions.origin`, else 'unknown'. */
  origin?: string | undefined
  priority?: number | undefined
  /** At most one of the two. */
  startAt?: Date | undefined
  /** Start this long after the database's now. */
  runAfter?: Duration | undefined
  maxRetryCount?: number | undefined
  maxTimeoutRetryCount?: number | undefined
  /** Longest time of one attempt; 0 switches it off. */
  timeout?: Duration | undefined
  /** At most one unfinished job holds a key; adding another answers 'duplicate'. */
  uniqueKey?: string | undefined
  /** Jobs of one type take turns by their groups, and may have a limit for each (`setLimit`). 1 to 512 bytes. */
  groupKey?: string | undefined
  /**
   * The context in which it is added, as a propagator of OpenTelemetry writes it: `traceparent`, `tracestate`, `baggage`. Stored beside
   * the payload, for whoever traces its attempts; `@jq/otel` sets it. At most 8,192 characters of JSON.
   */
  trace?: Readonly<Record<string, string>> | undefined
}

export interface JobDefaults<Payload = unknown>
  extends Omit<JobOptions, 'id' | 'startAt' | 'uniqueKey' | 'groupKey' | 'trace'> {
  /** Computed from the payload here, so that no call can forget it. */
  uniqueKey?: string | ((payload: Payload) => string) | undefined
  /** The same for the group. */
  groupKey?: string | ((payload: Payload) => string) | undefined
  /**
   * Of the payload's shape, stored with each job: a whole number that rises when old payloads no longer parse.
   *
   * @defaultValue 1
   */
  version?: number | undefined
  /**
   * Brings a payload that was stored at an older `version`, as JSON, to what the schema takes; it may answer with a promise. It runs
   * before each attempt of such a job, and is needed where `version` is above 1. What it throws fails the attempt.
   */
  migrate?: ((payload: unknown, version: number) => unknown) | undefined
  /** Former names of this type: jobs that are stored under them are claimed and run as well. New ones are added under the new name. */
  aliases?: readonly string[] | undefined
}

/** A kind of job. Its type parameters are data types, not schemas: short in hovers, errors and d.ts, free of the schema library. */
export interface JobDefinition<Type extends string = string, Input = any, Payload = any, Result = any> {
  readonly type: Type
  readonly schema: {
    readonly payload: StandardSchemaV1<Input, Payload>
    readonly result: StandardSchemaV1<any, Result> | null
  }
  readonly defaults: Readonly<JobDefaults<any>>
  with(payload: Input, options?: JobOptions): JobDesc
  /** True for a job of this type or of an alias; its payload, unless it was stored at an older version, and result then have their types. */
  is(job: Job): job is Job<Input, Result>
}

/** What to add: made by `definition.with(payload)`, or written by hand where there is no definition. */
export interface JobDesc extends JobOptions {
  readonly type: string
  readonly payload: unknown
  /** Of the payload's shape, as its definition counts. @defaultValue 1 */
  readonly version?: number | undefined
}
export type JobDescs = Iterable<JobDesc> | AsyncIterable<JobDesc>

type InputOf<S extends StandardSchemaV1> = StandardSchemaV1.InferInput<S>
type OutputOf<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>
export type PayloadInput<D extends JobDefinition> =
  D extends JobDefinition<string, infer I, any, any> ? I : never
export type PayloadOf<D extends JobDefinition> =
  D extends JobDefinition<string, any, infer P, any> ? P : never
export type ResultOf<D extends JobDefinition> = D extends JobDefinition<string, any, any, infer R> ? R : never
/** Stands where a definition has no `result`: what its handler returns is dropped. */
export interface NoResult extends StandardSchemaV1<unknown, unknown> {}

/**
 * A kind of job: its type, the shape of its payload and result, and what its jobs have in common.
 *
 * Schemas are zod's, or any other Standard Schema. What is stored is the input, as JSON; the handler gets the parsed output.
 * The input is checked as the handler will see it, after `JSON.parse(JSON.stringify(input))`: a schema that wants a Date,
 * bigint, Map or class there is refused at the first `with` or `add` (`not_json`, with the path; for dates
 * `z.iso.datetime()`, transformed). Schemas that answer with a promise: `add` awaits them, `with` refuses them
 * (`async_schema`). A stored payload that no longer parses fails its attempt like any error, retries included: a newer worker
 * may know it. Without `result`, what the handler returns is dropped; with it, it is checked and stored as given.
 *
 * @throws InvalidInputError for a type or a default that cannot be
 * @example
 * const resize = defineJob('resize-image', { payload: z.object({ url: z.url() }), maxRetryCount: 3, timeout: '2m' })
 * await jobqueue.add(resize, { url: 'https://example.com/a.png' })
 */
export function defineJob<
  const Type extends string,
  P extends StandardSchemaV1,
  R extends StandardSchemaV1 = NoResult,
>(
  type: Type,
  definition: { payload: P; result?: R | undefined } & JobDefaults<NoInfer<OutputOf<P>>>,
): JobDefinition<Type, InputOf<P>, OutputOf<P>, InputOf<R>> {
  checkedJobType(type, 'type')
  refuseUnknown(definition, ['payload', ...DEFINITION_KEYS], 'definition')
  const { payload, ...rest } = definition
  checkedSchema(payload, 'payload')
  return definedJob(type, payload, rest)
}

/**
 * A job that is a function with positional arguments: `args` is a tuple schema, stored as a JSON array.
 *
 * @throws InvalidInputError for a type or a default that cannot be
 * @example
 * const announce = defineFunctionJob('announce', { args: z.tuple([z.string(), z.number()]) })
 * worker.registerFunction(announce, (name, age) => console.log(name, age))
 * await jobqueue.add(announce, ['Simon', 7])
 */
export function defineFunctionJob<
  const Type extends string,
  A extends StandardSchemaV1<any, readonly unknown[]>,
  R extends StandardSchemaV1 = NoResult,
>(
  type: Type,
  definition: { args: A; result?: R | undefined } & JobDefaults<NoInfer<OutputOf<A>>>,
): JobDefinition<Type, InputOf<A>, OutputOf<A>, InputOf<R>> {
  checkedJobType(type, 'type')
  refuseUnknown(definition, ['args', ...DEFINITION_KEYS], 'definition')
  const { args, ...rest } = definition
  checkedSchema(args, 'args')
  return { ...definedJob(type, args, rest), [functionJob]: true }
}

// Known to every copy of this package that a process may hold.
const functionJob = Symbol.for('jobqueue.functionJob')

/** True for what `defineFunctionJob` made. */
export function isFunctionJob(definition: JobDefinition): boolean {
  return functionJob in definition
}

const DEFINITION_KEYS = [
  'result',
  'origin',
  'priority',
  'runAfter',
  'maxRetryCount',
  'maxTimeoutRetryCount',
  'timeout',
  'uniqueKey',
  'groupKey',
  'version',
  'migrate',
  'aliases',
] as const satisfies ('result' | keyof JobDefaults)[]

function definedJob(
  type: string,
  payload: StandardSchemaV1,
  { result, ...defaults }: { result?: StandardSchemaV1 | undefined } & JobDefaults<any>,
): any {
  if (result !== undefined) checkedSchema(result, 'result')
  const { version, migrate, aliases, ...options } = defaults
  checkedJobOptions(
    { ...options, uniqueKey: fixed(options.uniqueKey), groupKey: fixed(options.groupKey) },
    'definition',
  )
  checkPayloadHistory(type, { version, migrate, aliases })
  const schema = { payload, result: result ?? null }
  const definition = {
    type,
    schema,
    defaults,
    with(payload: unknown, options: JobOptions = {}): JobDesc {
      const text = jsonText(payload, 'payload')
      const { value } = parsedNow(schema.payload, JSON.parse(text), payload)
      return descWith(definition as JobDefinition, payload, text, value, options)
    },
    is: (job: Job) => namesOf(definition as JobDefinition).includes(job.type),
  }
  return definition
}

/** Under which a definition's jobs are stored: its type, and then its aliases. */
export function namesOf({ type, defaults }: JobDefinition): readonly string[] {
  return [type, ...(defaults.aliases ?? [])]
}

/** The same as `definition.with`, for schemas that answer later. */
export async function descOf(
  definition: JobDefinition,
  payload: unknown,
  options: JobOptions,
): Promise<JobDesc> {
  const text = jsonText(payload, 'payload')
  const value = await parsedPayload(definition.schema.payload, JSON.parse(text), payload)
  return descWith(definition, payload, text, value, options)
}

function descWith(
  definition: JobDefinition,
  payload: unknown,
  text: string,
  parsed: unknown,
  options: JobOptions,
): JobDesc {
  const { uniqueKey, groupKey, runAfter, version, migrate: _, aliases: __, ...defaults } = definition.defaults
  checkedJobOptions(options, 'options')
  const desc: Record<string, unknown> = { ...defaults }
  if (options.startAt === undefined && runAfter !== undefined) desc.runAfter = runAfter
  setGiven(desc, options)
  setGiven(desc, {
    uniqueKey: options.uniqueKey ?? keyFrom(uniqueKey, parsed, 'definition.uniqueKey'),
    groupKey: options.groupKey ?? keyFrom(groupKey, parsed, 'definition.groupKey'),
  })
  if ((version ?? 1) !== 1) desc.version = version
  return rememberPayload(Object.assign(desc, { type: definition.type, payload }), text)
}

/** What is undefined was not given. */
function setGiven(desc: Record<string, unknown>, options: JobOptions): void {
  for (const [key, value] of Object.entries(options)) if (value !== undefined) desc[key] = value
}

type Key = string | ((payload: any) => string) | undefined

function keyFrom(key: Key, payload: unknown, path: string): string | undefined {
  return typeof key === 'function' ? checkedText(key(payload), 512, path) : key
}

function fixed(key: Key): string | undefined {
  return typeof key === 'function' ? undefined : key
}

function checkedSchema(schema: unknown, path: string): void {
  const standard = (schema as StandardSchemaV1 | undefined)?.['~standard']
  if (typeof standard?.validate === 'function') return
  throw new InvalidInputError(
    'invalid_schema',
    path,
    'is no schema. Give a zod schema, or any other that follows Standard Schema (standardschema.dev).',
  )
}
