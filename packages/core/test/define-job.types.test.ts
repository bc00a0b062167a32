/** What must not compile, and beside it what must. Nothing here runs. */
import { test } from 'vitest'
import { z } from 'zod'
import {
  type Duration,
  defineJob,
  type Job,
  type JobQueue,
  type NoResult,
  type PayloadInput,
  type PayloadOf,
  type ResultOf,
} from '../src/index.ts'

declare const queue: JobQueue
declare const job: Job

const resize = defineJob('resize-image', {
  payload: z.object({ url: z.url(), width: z.int().default(800) }),
  result: z.object({ bytes: z.int() }),
})
const remind = defineJob('remind', {
  payload: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
})

/** Compiles only where both types are the same. */
function same<A, B>(..._: [A] extends [B] ? ([B] extends [A] ? [] : [never]) : [never]): void {}

test('a payload has the type of what goes into its schema', async () => {
  await queue.add(resize, { url: 'https://example.com/a.png' })
  await queue.add(remind, { at: '2026-01-01T00:00:00Z' })
  resize.with({ url: 'https://example.com/a.png', width: 5 })

  // @ts-expect-error a property of the wrong type
  await queue.add(resize, { url: 1 })
  // @ts-expect-error a property that is missing
  await queue.add(resize, {})
  // @ts-expect-error a property that is misspelt
  await queue.add(resize, { url: 'https://example.com/a.png', widht: 5 })
  // @ts-expect-error no payload
  await queue.add(resize)
  // @ts-expect-error the output of the schema in place of its input
  await queue.add(remind, { at: new Date() })
  // @ts-expect-error a property of the wrong type
  resize.with({ url: 1 })
  // @ts-expect-error a property that is missing
  resize.with({ width: 5 })
  // @ts-expect-error a property that is misspelt
  resize.with({ ulr: 'https://example.com/a.png' })
  // @ts-expect-error no payload
  resize.with()
})

test('a job is added by its definition, many by their descriptions', async () => {
  await queue.addMany([resize.with({ url: 'https://example.com/a.png' }), { type: 'by-hand', payload: null }])

  // @ts-expect-error a name in place of a definition
  await queue.add('resize-image', { url: 'https://example.com/a.png' })
  // @ts-expect-error a definition in place of a description
  await queue.addMany([resize])
  // @ts-expect-error no origin
  await queue.addBundle({ type: 'album', jobs: [] })
  // @ts-expect-error a key that is misspelt
  await queue.addBundle({ type: 'album', origin: 'upload', jobs: [], whenStoped: [] })
})

test('options are those of a job', async () => {
  const payload = { url: 'https://example.com/a.png' }
  await queue.add(resize, payload, { runAfter: '1.5s', timeout: 0, origin: undefined })

  // @ts-expect-error an option that is misspelt
  await queue.add(resize, payload, { retires: 3 })
  // @ts-expect-error a time in words
  await queue.add(resize, payload, { runAfter: '5 minutes' })
  // @ts-expect-error a time as text
  await queue.add(resize, payload, { startAt: '2026-01-01' })
  // @ts-expect-error a function where there is no payload to compute from
  resize.with(payload, { uniqueKey: () => 'a' })
})

test('a definition has schemas, and defaults that all its jobs can share', () => {
  const charge = z.object({ invoice: z.string().transform(Number) })
  defineJob('charge', { payload: charge, uniqueKey: ({ invoice }) => `charge ${invoice.toFixed()}` })

  // @ts-expect-error a shape in place of a schema
  defineJob('charge', { payload: { invoice: z.string() } })
  // @ts-expect-error no payload
  defineJob('charge', { maxRetryCount: 3 })
  // @ts-expect-error an id for all jobs
  defineJob('charge', { payload: charge, id: 'ec5c12dc-dbab-5900-b57f-91971a6c5b9b' })
  // @ts-expect-error a default that is misspelt
  defineJob('charge', { payload: charge, retires: 3 })
  // @ts-expect-error a property that the payload has not
  defineJob('charge', { payload: charge, uniqueKey: ({ order }) => order })
})

test('a duration is a number, or a number and a unit', () => {
  const durations: Duration[] = [250, '250ms', '1.5h', '7d']
  // @ts-expect-error a unit in words
  durations.push('5 minutes')
  // @ts-expect-error a number without unit in text
  durations.push('250')
})

test('a job that was read is of unknown content until its type is known', async () => {
  if (resize.is(job)) {
    same<typeof job.payload, { url: string; width?: number | undefined }>()
    same<typeof job.result, { bytes: number } | null>()
  }
  const known = await queue.getJob('id', resize)
  same<NonNullable<typeof known>['result'], { bytes: number } | null>()
  const { waitUntilStopped } = await queue.getRunState('id', resize)
  same<Awaited<ReturnType<typeof waitUntilStopped>>, { bytes: number }>()

  // @ts-expect-error nobody knows yet that it has a URL
  job.payload.url
})

test('the types of a definition are data, not schemas', () => {
  same<PayloadInput<typeof remind>, { at: string }>()
  same<PayloadOf<typeof remind>, { at: Date }>()
  same<ResultOf<typeof resize>, { bytes: number }>()
  same<ResultOf<typeof remind>, unknown>()
  same<typeof resize.type, 'resize-image'>()
  // @ts-expect-error they differ
  same<PayloadInput<typeof remind>, PayloadOf<typeof remind>>()
  same<NoResult['~standard']['vendor'], string>()
})
