import { inspect } from 'node:util'
import { defineJob, InvalidInputError, JobError, jobqueue } from '@jq/core'
import { createMemoryJobQueue, until } from '@jq/testing'
import { createWorker, type JobWorker } from '@jq/worker'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { traced, traceWorker } from '../src/index.ts'
import { version } from '../src/version.ts'

const work = defineJob('work', { payload: z.object({ says: z.string().default('') }) })
const inner = defineJob('inner', { payload: z.object({ of: z.string().optional() }) })

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('test')
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  trace.setGlobalTracerProvider(provider)
})
afterAll(() => {
  for (const api of [context, propagation, trace]) api.disable()
})

let workers: JobWorker[] = []
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stopThreads()))
  workers = []
  exporter.reset()
})

function started(options: Parameters<typeof traced>[1] = {}) {
  const queue = traced(createMemoryJobQueue(), options)
  const worker = createWorker(queue)
  workers.push(worker)
  traceWorker(worker, options)
  return { queue, worker }
}
/** The spans that have ended, by their names. */
const spans = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name)
const spanOf = (name: string) => until(`${name} has ended`, () => spans(name)[0] ?? null)

test('a run begins a trace of its own, with a link to the add, whose baggage reaches the handler', async () => {
  const { queue, worker } = started()
  let baggage: string | undefined
  worker.register(work, () => {
    baggage = propagation.getActiveBaggage()?.getEntry('tenant')?.value
  })
  const bag = propagation.createBaggage({ tenant: { value: 'ada' } })
  const { id } = await context.with(propagation.setBaggage(context.active(), bag), () =>
    queue.add(work, {}, { origin: 'web', priority: 7 }),
  )
  await worker.runOnce()
  const [send, run] = [await spanOf('send work'), await spanOf('process work')]
  expect(send).toMatchObject({ kind: SpanKind.PRODUCER, attributes: { 'messaging.message.id': id } })
  expect(run).toMatchObject({
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'jobqueue',
      'messaging.destination.name': 'work',
      'messaging.operation.name': 'process',
      'messaging.message.id': id,
      'jobqueue.job.attempt': 1,
      'jobqueue.job.priority': 7,
      'jobqueue.job.origin': 'web',
      'jobqueue.job.outcome': 'succeeded',
      'jobqueue.job.will_retry': false,
      'jobqueue.worker.id': worker.id,
    },
  })
  expect(run.links.map(({ context }) => context.spanId)).toEqual([send.spanContext().spanId])
  expect(run.spanContext().traceId).not.toBe(send.spanContext().traceId)
  expect(run.parentSpanContext).toBeUndefined()
  expect(baggage).toBe('ada')
  expect(spans('receive work')).toMatchObject([{ attributes: { 'messaging.batch.message_count': 1 } }])
})

test('a run goes on in the trace of its add where that is asked for, and what its handler adds follows it', async () => {
  const { queue, worker } = started({ parent: 'child' })
  worker
    .register(work, async () => {
      await Promise.resolve()
      await jobqueue.add(inner, {})
    })
    .register(inner, () => undefined)
  await queue.add(work, {})
  await worker.runOnce()
  const chain = await Promise.all(
    ['send work', 'process work', 'send inner', 'process inner'].map((name) => spanOf(name)),
  )
  const parents = chain.map(({ parentSpanContext }) => parentSpanContext?.spanId)
  const ids = chain.map((span) => span.spanContext().spanId)
  expect(parents).toEqual([undefined, ...ids.slice(0, 3)])
  expect(new Set(chain.map((span) => span.spanContext().traceId)).size).toBe(1)
})

test('a run that fails says by which kind of error, and whether another follows, and never what was in it', async () => {
  const { queue, worker } = started()
  worker.register(
    work,
    ({ says }) => {
      throw new JobError('no', { data: { says } })
    },
    { maxRetryCount: 1, retryRule: () => 0 },
  )
  await queue.add(work, { says: 'canary' })
  await queue.addMany([{ type: 'work', payload: { says: 1 } }]) // which its schema refuses
  await worker.runOnce()
  await expect(queue.add(work, { says: 'canary', odd: 1n } as never)).rejects.toThrow(InvalidInputError)
  await until('all have ended', () => spans('process work').length === 4)
  const ends = spans('process work').map(({ attributes, status }) => [
    ...[attributes['jobqueue.job.will_retry'], attributes['error.type'], status.code],
  ])
  const { ERROR } = SpanStatusCode
  expect(ends.sort()).toEqual([
    [false, 'InvalidInputError', ERROR],
    [false, 'JobError', ERROR],
    [true, 'InvalidInputError', ERROR],
    [true, 'JobError', ERROR],
  ])
  expect(spans('send work').map(({ attributes }) => attributes['error.type'])).toEqual([
    undefined,
    'InvalidInputError',
  ])
  expect(inspect(exporter.getFinishedSpans(), { depth: 9 })).not.toContain('canary')
})

test('many jobs are one span with one for each, and above a hundred one for all', async () => {
  const { queue, worker } = started()
  worker.register(work, () => undefined)
  async function* stream() {
    yield work.with({})
    yield work.with({})
  }
  await queue.addBundle({ type: 'album', origin: 'o', jobs: stream() })
  const all = await spanOf('send album')
  expect(all).toMatchObject({
    kind: SpanKind.CLIENT,
    attributes: { 'messaging.batch.message_count': 2, 'jobqueue.bundle.type': 'album' },
  })
  expect(spans('create work').map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    Array(2).fill(all.spanContext().spanId),
  )
  await worker.runOnce()
  const linked = () =>
    spans('process work').flatMap(({ links }) => links.map(({ context }) => context.spanId))
  await until('both have ended', () => linked().length === 2)
  expect(new Set(linked())).toEqual(new Set(spans('create work').map((span) => span.spanContext().spanId)))

  exporter.reset()
  await queue.addMany(Array.from({ length: 101 }, () => work.with({})))
  await worker.runOnce()
  await until('all have ended', () => linked().length === 101)
  expect(spans('create work')).toEqual([])
  expect(new Set(linked())).toEqual(new Set([spans('send')[0]?.spanContext().spanId]))
})

test('where it is asked for, what follows a handler until its outcome is recorded is a span', async () => {
  const { queue, worker } = started({ settle: true })
  worker.register(work, () => undefined)
  const { id } = await queue.add(work, {})
  await worker.runOnce()
  const [run, settle] = [await spanOf('process work'), await spanOf('settle work')]
  expect(settle).toMatchObject({
    kind: SpanKind.CLIENT,
    attributes: { 'messaging.operation.type': 'settle', 'messaging.message.id': id },
    parentSpanContext: { spanId: run.spanContext().spanId },
  })
  const unasked = started()
  unasked.worker.register(inner, () => undefined)
  await unasked.queue.add(inner, {})
  await unasked.worker.runOnce()
  await spanOf('process inner')
  expect(spans('settle inner')).toEqual([])
})

test('a listener that is told of a stopped bundle is a span, in which it adds, and which says how it failed', async () => {
  const { queue, worker } = started()
  worker.register(work, () => undefined)
  const told = {
    type: 'album',
    async onJobBundleStopped() {
      await queue.add(inner, { of: this.type })
      throw new RangeError('no')
    },
  }
  await queue.addListener(told)
  const bundle = await queue.addBundle({ type: 'album', origin: 'o', jobs: [work.with({})] })
  await worker.runOnce()
  const stopped = await spanOf('jobqueue.bundle_stopped album')
  expect(stopped).toMatchObject({
    kind: SpanKind.INTERNAL,
    attributes: {
      'jobqueue.bundle.id': bundle.id,
      'jobqueue.bundle.type': 'album',
      'jobqueue.bundle.has_error': false,
      'error.type': 'RangeError',
    },
  })
  expect(stopped.parentSpanContext).toBeUndefined()
  expect((await spanOf('send inner')).parentSpanContext?.spanId).toBe(stopped.spanContext().spanId)
  await expect(queue.addListener({} as never)).rejects.toThrow(/would hear nothing/)
})

test('a job that nobody traced runs in a trace of its own, without a link', async () => {
  const queue = createMemoryJobQueue()
  const worker = createWorker(queue).register(work, () => undefined)
  const stop = traceWorker(worker, { tracer })
  await queue.add(work, {})
  await worker.runOnce()
  expect((await spanOf('process work')).links).toEqual([])
  stop()
  exporter.reset()
  await queue.add(work, {})
  await worker.runOnce()
  expect(exporter.getFinishedSpans()).toEqual([])
})

test('the version is that of the package', () => {
  expect(version).toBe(manifest.version)
})

test('what is no option, tracer or worker is refused', () => {
  const queue = createMemoryJobQueue()
  expect(() => traced(queue, { parents: 'link' } as never)).toThrow(/parents/)
  expect(() => traced(queue, { parent: 'sibling' } as never)).toThrow(/options\.parent/)
  expect(() => traced(queue, { tracer: {} } as never)).toThrow(/invalid_tracer/)
  expect(() => traced(queue, { settle: 1 } as never)).toThrow(/options\.settle/)
  expect(() => traceWorker({} as never)).toThrow(/invalid_worker/)
})
