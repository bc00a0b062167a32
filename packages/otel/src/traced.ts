import type { AddResult, JobDesc, JobDescs, WorkerService } from '@jq/core'
import { mapDescs, wrappedService } from '@jq/core/internal'
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import { errorType, messaging } from './attributes.ts'
import { inSpan } from './in-span.ts'
import { type TraceOptions, type TraceSettings, traceSettings } from './trace-options.ts'
import { tracedListener } from './traced-listener.ts'

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
      sending(settings, job?.type, SpanKind.PRODUCER, {}, async (span) => {
        const result = await queue.add(job, payload, { ...given, trace: given?.trace ?? carrierOf() })
        span.setAttributes({ 'messaging.message.id': result.id, 'jobqueue.add.status': result.status })
        return { sent: 1, value: result }
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
    addListener: (listener, given) => queue.addListener(tracedListener(settings, listener), given),
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
  return sending(settings, name, SpanKind.CLIENT, about, async (span) => {
    const here = context.active()
    let left = Array.isArray(jobs) && jobs.length > MOST_SPANS ? 0 : MOST_SPANS
    const results = await add(
      mapDescs(jobs, (job) => {
        if (job.trace !== undefined) return job
        return { ...job, trace: left-- > 0 ? created(settings, job, here) : carrierOf(here) }
      }),
    )
    span.setAttribute('messaging.batch.message_count', results.length)
    return { sent: results.length, value: results }
  })
}

/** A call that adds: a span, and measured. */
async function sending<T>(
  settings: TraceSettings,
  type: string | undefined,
  kind: SpanKind,
  about: Attributes,
  send: (span: Span) => Promise<{ sent: number; value: T }>,
): Promise<T> {
  const { measured } = settings
  const attributes = messaging('send', type)
  const name = type === undefined ? 'send' : `send ${type}`
  const began = performance.now()
  const took = (more: Attributes) => measured.operation(performance.now() - began, { ...attributes, ...more })
  try {
    const { sent, value } = await inSpan(
      settings,
      { name, kind, attributes: { ...attributes, ...about } },
      send,
    )
    measured.sent(sent, attributes)
    took({})
    return value
  } catch (error) {
    took({ 'error.type': errorType(error) })
    throw error
  }
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
