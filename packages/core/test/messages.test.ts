import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as core from '../src/index.ts'
import {
  AttemptAbortedError,
  AttemptLostError,
  BundleSealedError,
  BundleStoppedError,
  ClosedError,
  defineJob,
  duration,
  exponentialBackoff,
  fixedDelay,
  InvalidInputError,
  JobCancelledError,
  JobError,
  JobFailedError,
  type JobOptions,
  JobRunningError,
  KeyHeldError,
  NotFoundError,
  NotInitializedError,
  NotMigratedError,
  PermissionDeniedError,
  SnoozeJob,
  TerminalJobError,
  UnknownCommitError,
} from '../src/index.ts'
import {
  checkedDate,
  checkedDefinition,
  checkedIds,
  checkedListener,
  checkedLogger,
  checkedWish,
  emptyBundle,
  foreignSchedule,
  jobAs,
  jsonText,
  prepareBundle,
  prepareJob,
  prepareLimit,
  prepareSchedule,
  prepareSchedules,
  presentPayload,
  resetOptions,
  storedJson,
} from '../src/internal.ts'
import { jobOf } from './job-of.ts'

const id = '019b76da-a800-7000-8000-000000000001'
const resize = defineJob('resize-image', { payload: z.object({ url: z.url() }) })
const remind = defineJob('remind', { payload: z.object({ at: z.date() }) })
const note = defineJob('note', { payload: z.any() })
const slow = defineJob('slow', { payload: z.string().refine(async () => true) })

const loosely = (type: unknown, definition: unknown) =>
  defineJob(type as string, definition as { payload: z.ZodNull })
const hourly = { name: 'hourly', job: { type: 'a', payload: null }, every: '1h' } as const
const planned = (more: object) => prepareSchedule({ ...hourly, ...more } as core.ScheduleSpec)
const wish = (options: unknown) => note.with(null, options as JobOptions)
const bundle = (spec: object) => prepareBundle({ type: 'album', origin: 'upload', jobs: [], ...spec })
const cyclic: Record<string, unknown> = {}
cyclic.self = cyclic
let deep: unknown[] = []
for (let level = 0; level < 100; level++) deep = [deep]

/** What a user does, and what then is thrown. */
const cases: Record<string, () => unknown> = {
  'a job type with a space': () => loosely('resize image', { payload: z.null() }),
  'a job type that is none': () => loosely(undefined, { payload: z.null() }),
  'a job type of 200 characters': () => loosely('x'.repeat(200), { payload: z.null() }),
  'a shape for a schema': () => loosely('a', { payload: { url: z.url() } }),
  'a definition without a definition': () => loosely('a', undefined),
  'a misspelt default': () => loosely('a', { payload: z.null(), reslut: z.null() }),
  'a version of 1.5': () => loosely('a', { payload: z.null(), version: 1.5 }),
  'a version without a migrate': () => loosely('a', { payload: z.null(), version: 2 }),
  'a migrate that has nothing to do': () => loosely('a', { payload: z.null(), migrate: () => null }),
  'a migrate that is none': () => loosely('a', { payload: z.null(), version: 2, migrate: 'yes' }),
  'an alias alone': () => loosely('a', { payload: z.null(), aliases: 'b' }),
  'an alias with a space': () => loosely('a', { payload: z.null(), aliases: ['b', 'b c'] }),
  'an alias that is the type': () => loosely('a', { payload: z.null(), aliases: ['a'] }),
  'a payload of a newer version': () => presentPayload(note, 1, 2),
  'a computed key that is empty': () => defineJob('a', { payload: z.null(), uniqueKey: () => '' }).with(null),

  'a payload that its schema refuses': () => resize.with({ url: 'nowhere' }),
  'a schema that wants a Date': () => remind.with({ at: new Date(0) }),
  'a schema that answers later': () => slow.with('yes'),
  'no payload': () => note.with(undefined),
  'undefined in a list': () => note.with([undefined]),
  'a function': () => note.with({ run() {} }),
  'U+0000': () => note.with({ text: 'a\0b' }),
  'half a character': () => note.with({ text: 'ab\ud83d' }),
  'a bigint': () => note.with({ total: 5n }),
  NaN: () => note.with({ total: Number.NaN }),
  'a Map': () => note.with({ prices: new Map() }),
  'an instance of a class': () => note.with({ by: new (class Person {})() }),
  'a Buffer': () => note.with({ image: Buffer.from('x') }),
  'an invalid Date in a payload': () => note.with({ at: new Date('no') }),
  'a cycle': () => note.with(cyclic),
  'too deep': () => note.with(deep),
  'a getter that throws': () =>
    note.with({
      get secret() {
        throw new Error('not today')
      },
    }),
  'too large': () => note.with('x'.repeat(1024 * 1024)),
  'a result that JSON cannot hold': () => jsonText({ total: 5n }, 'result'),

  'a misspelt option': () => wish({ retires: 3 }),
  'a schedule of no times': () => planned({ every: undefined }),
  'a schedule by two rules': () => planned({ cron: '* * * * *' }),
  'a time zone for an interval': () => planned({ timeZone: 'UTC' }),
  'an interval of nothing': () => planned({ every: 0 }),
  'a cron of four fields': () => planned({ every: undefined, cron: '0 8\n* *' }),
  'a cron of signs': () => planned({ every: undefined, cron: '@daily' }),
  'a cron that is too long': () => planned({ every: undefined, cron: '*'.repeat(300) }),
  'a cron that never fires': () => planned({ every: undefined, cron: '0 0 30 2 *' }),
  'a time zone that is none': () => planned({ every: undefined, cron: '* * * * *', timeZone: 'Mars' }),
  'a limit of nothing': () => planned({ limit: 0 }),
  'an overlap in words': () => planned({ noOverlap: 'no' }),
  'an id for all ticks': () => planned({ job: { type: 'a', payload: null, id: '17' } }),
  'a schedule twice': () => prepareSchedules('o', [hourly, hourly]),
  'schedules of another owner': () => prepareSchedules('o', [{ ...hourly, owner: 'p' }]),
  "a schedule that is another owner's": () => {
    throw foreignSchedule(3)
  },
  'an option like no other': () => wish({ colour: 'red' }),
  'a text for options': () => wish('upload'),
  'an id that is no UUID': () => wish({ id: '17' }),
  'an empty origin': () => wish({ origin: '' }),
  'an origin that is too long': () => wish({ origin: 'x'.repeat(101) }),
  'an origin that is no text': () => wish({ origin: 17 }),
  'an origin with U+0000': () => wish({ origin: 'a\0' }),
  'a priority in quotes': () => wish({ priority: '5' }),
  'a start that is no Date': () => wish({ startAt: '2026-01-01' }),
  'an invalid Date for a start': () => wish({ startAt: new Date('no') }),
  'a duration in words': () => wish({ runAfter: '5 minutes' }),
  'a negative duration': () => wish({ timeout: -1 }),
  'a retry count that is too small': () => wish({ maxRetryCount: -2 }),
  'a key that is too long': () => wish({ uniqueKey: 'x'.repeat(513) }),
  'a type limited by nothing': () => prepareLimit({}),
  'a type limited to none': () => prepareLimit({ concurrency: 0 }),
  'two starts': () => wish({ startAt: new Date(0), runAfter: '5m' }),

  'a job that is none': () => prepareJob('resize-image' as never, 'test', 'jobs[17]'),
  'a job by hand without payload': () => prepareJob({ type: 'a' } as never, 'test', 'jobs[17]'),
  'a bundle that is none': () => prepareBundle(undefined as never),
  'a bundle without type': () => bundle({ type: undefined }),
  'a misspelt key of a bundle': () => bundle({ whenDone: [] }),
  'one job for whenStopped': () => bundle({ whenStopped: note.with(null) }),
  'an id in whenStopped': () => bundle({ whenStopped: [note.with(null, { id })] }),

  'a flag that is no boolean': () => bundle({ open: 'false' }),
  'a bundle without jobs': () => fail(emptyBundle()),
  'a name for a definition': () => checkedDefinition('resize-image' as never),
  'a definition of another type': () => jobAs(jobOf({ type: 'note' }), resize),
  'a state that there is not': () => checkedWish({ state: 'waiting' as never }),
  'no state at all': () => checkedWish({ state: [] }),
  'ids that are none': () => checkedIds('all' as never, 'jobIds'),
  'a choice that there is not': () => resetOptions({ ifRunning: 'wait' as never }),
  'a listener that is none': () => checkedListener(undefined as never, {}),
  'a listener that would hear nothing': () => checkedListener({ onJobStoped() {} } as object, {}),
  'a listener that is no function': () => checkedListener({ onJobStopped: 5 as never }, {}),
  'a logger without functions': () => checkedLogger({ error() {} } as never, 'options.logger'),
  'a number that only PostgreSQL holds': () =>
    fail(storedJson(`{"totals": [1, 1${'0'.repeat(400)}]}`, 'payload').refusal as Error),
  'a page without jobs': () => checkedWish({ limit: 0 }),
  'a page of somebody else': () => checkedWish({ after: 'the second' }),
  'a text for a moment': () => checkedDate('2026-01-01' as never, 'startAt'),

  'text that is no duration': () => duration('5 minutes'),
  'a factor below 1': () => exponentialBackoff({ factor: 0.5 }),
  'a delay in words': () => fixedDelay('soon' as '1s'),

  NotInitializedError: () => fail(new NotInitializedError()),
  ClosedError: () => fail(new ClosedError()),
  NotMigratedError: () => fail(new NotMigratedError('(its message is that of the service)')),
  PermissionDeniedError: () =>
    fail(new PermissionDeniedError('permission denied for function beat', new Error())),
  JobRunningError: () => fail(new JobRunningError(id)),
  AttemptLostError: () => fail(new AttemptLostError(id, 2)),
  BundleSealedError: () => fail(new BundleSealedError(id)),
  BundleStoppedError: () => fail(new BundleStoppedError(id)),
  'NotFoundError of a job': () => fail(new NotFoundError('job', id)),
  'NotFoundError of a bundle': () => fail(new NotFoundError('bundle', id)),
  'AttemptAbortedError by a time-out': () => fail(new AttemptAbortedError('timeout')),
  'AttemptAbortedError by a cancellation': () => fail(new AttemptAbortedError('cancelled')),
  'AttemptAbortedError by a shutdown': () => fail(new AttemptAbortedError('shutdown')),
  'AttemptAbortedError by a lost attempt': () => fail(new AttemptAbortedError('attemptLost')),
  KeyHeldError: () => fail(new KeyHeldError(id, 'invoice 7', new Error('lock timeout'))),
  UnknownCommitError: () => fail(new UnknownCommitError(id, new Error('connection reset'))),
  'JobFailedError of a job that failed': () =>
    fail(new JobFailedError(jobOf({ state: 'failed', errorMsg: 'no luck' }))),
  'JobFailedError of a job that is dead': () =>
    fail(new JobFailedError(jobOf({ state: 'dead', errorMsg: 'crashed 4 times' }))),
  JobCancelledError: () => fail(new JobCancelledError(jobOf({ state: 'cancelled' }))),
  JobError: () => fail(new JobError('(its message is that of the handler)')),
  TerminalJobError: () => fail(new TerminalJobError('(its message is that of the handler)')),
  SnoozeJob: () => fail(new SnoozeJob('5m')),
}

const thrown = Object.entries(cases).map(([what, act]) => [what, thrownBy(act)] as const)

test('the messages are those we reviewed', async () => {
  const lines = thrown.map(([what, { name, message }]) => `${what}\n  ${name}: ${message}\n`)
  await expect(lines.join('\n')).toMatchFileSnapshot('messages.golden.txt')
})

test('each reason for which core refuses input is among the reviewed messages', () => {
  const sources = globSync(new URL('../src/*.ts', import.meta.url).pathname).map((file) =>
    readFileSync(file, 'utf8'),
  )
  const written = sources.join('').matchAll(/(?:InvalidInputError|refine(?:<\w+>)?)\(\s*'(\w+)'/g)
  const reviewed = thrown.map(([, error]) => (error instanceof InvalidInputError ? error.reason : ''))
  expect(new Set(reviewed)).toEqual(new Set(['', ...[...written].map(([, reason]) => reason)]))
})

test('each error that core exports is among the reviewed messages', () => {
  const exported = Object.values(core).filter(
    (value) =>
      typeof value === 'function' && value.prototype instanceof Error && value !== core.JobQueueError,
  )
  expect(new Set(thrown.map(([, error]) => error.constructor))).toEqual(new Set(exported))
})

test('each message begins with the path and ends with the reason, once', () => {
  for (const [, error] of thrown) {
    if (!(error instanceof InvalidInputError)) continue
    expect(error.message.startsWith(`${error.path}: `)).toBe(true)
    expect(error.message.split(`(${error.reason})`)).toEqual([expect.any(String), ''])
  }
})

test('each message fits on one line of a log', () => {
  for (const [what, { message }] of thrown) expect(message, what).not.toContain('\n')
})

function thrownBy(act: () => unknown): Error {
  try {
    act()
  } catch (error) {
    return error as Error
  }
  throw new Error(`Nothing was thrown by ${act}`)
}

function fail(error: Error): never {
  throw error
}
