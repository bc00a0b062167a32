import type { AddResult, JobDesc, JobDescs, WorkerService } from '@jq/core'
import { mapDescs, wrappedService } from '@jq/core/internal'
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { errorType, messaging } from './attributes.ts'
import { type TraceOptions, type TraceSettings, traceSettings } from './trace-options.ts'

/** Of more jobs than these each would be a span that nobody reads. */
const MOST_SPANS = 100

/**
 * The same queue, whose adds are spans, and whose jobs carry the context in which they were added: `traceparent`, `tracestate` and
 * baggage, as the registered propagator writes them, beside the payload and not in it.
 *
 * Give it to `createWorker` too, so that what handlers add is traced.
 *
 * @throws InvalidInputError
 * @example
 * const queue = traced(createJobQueue({ connectionString }))
 * traceWorker(createWorker(queue))
 */
export function traced(queue: WorkerService, options: TraceOptions = {}): WorkerService {
  const settings = traceSettings(options)
  const many = (
    name: string | undefined,
    jobs: JobDescs,
    about: Attributes,
    add: (jobs: JobDescs) => Promise<readonly AddResult[]>,
  ) => addedMany(settings, name, jobs, about, add)
  return wrappedService(queue, {
    add: (job, payload, given) =>
      inSpan(settings, `send ${job?.type}`, SpanKind.PRODUCER, messaging('send', job?.type), async (span) => {
        const result = await queue.add(job, payload, { ...given, trace: given?.trace ?? carrierOf() })
        span.setAttributes({ 'messaging.message.id': result.id, 'jobqueue.add.status': result.status })
        return result
      }),
    addMany: (jobs, given) => many(undefined, jobs, {}, (some) => queue.addMany(some, given)),
    addBundle: async (bundle, given) => {
      const about = { 'jobqueue.bundle.type': bundle?.type }
      let id = ''
      const jobs = await many(bundle?.type, bundle?.jobs, about, async (some) => {
        const added = await queue.addBundle({ ...bundle, jobs: some }, given)
        id = added.id
        trace.getActiveSpan()?.setAttribute('jobqueue.bundle.id', id)
        return added.jobs
      })
      return { id, jobs }
    },
    addToBundle: (bundleId, jobs, given) =>
      many(undefined, jobs, { 'jobqueue.bundle.id': bundleId }, (some) =>
        queue.addToBundle(bundleId, some, given),
      ),
  })
}

/** One span for all, and one for each job, unless they are too many; each job carries the context of its own, or of all. */
function addedMany(
  settings: TraceSettings,
  name: string | undefined,
  jobs: JobDescs,
  about: Attributes,
  add: (jobs: JobDescs) => Promise<readonly AddResult[]>,
): Promise<readonly AddResult[]> {
  const attributes = { ...messaging('send', name), ...about }
  return inSpan(
    settings,
    name === undefined ? 'send' : `send ${name}`,
    SpanKind.CLIENT,
    attributes,
    async (span) => {
      const here = context.active()
      let left = Array.isArray(jobs) && jobs.length > MOST_SPANS ? 0 : MOST_SPANS
      const results = await add(
        mapDescs(jobs, (job) => {
          if (job.trace !== undefined) return job
          return { ...job, trace: left-- > 0 ? created(settings, job, here) : carrierOf(here) }
        }),
      )
      span.setAttribute('messaging.batch.message_count', results.length)
      return results
    },
  )
}

/** A job on its way: the span has ended before it is stored, and stands for it all the same. */
function created(settings: TraceSettings, { type }: JobDesc, here: Context): Record<string, string> {
  const attributes = messaging('create', String(type))
  const span = settings.tracer().startSpan(`create ${type}`, { kind: SpanKind.PRODUCER, attributes }, here)
  span.end()
  return carrierOf(trace.setSpan(here, span))
}

function carrierOf(from: Context = context.active()): Record<string, string> {
  const carrier: Record<string, string> = {}
  propagation.inject(from, carrier)
  return carrier
}

async function inSpan<T>(
  { tracer }: TraceSettings,
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer().startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      span.setAttribute('error.type', errorType(error))
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}
