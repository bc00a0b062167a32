import { InvalidInputError, type ObservedAttempt, type WorkerObserver } from '@jq/core'
import { shown } from '@jq/core/internal'
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { errorType, messaging } from './attributes.ts'
import { type TraceOptions, type TraceSettings, traceSettings } from './trace-options.ts'

/** Of a worker, what is needed to trace it. */
export interface ObservableWorker {
  observe(observer: WorkerObserver): () => void
}

/**
 * Makes a span of each run of a handler, which is active in all that the handler does, and of each claim that brought something. It asks
 * one statement more a claim: for the contexts in which the jobs were added.
 *
 * @returns what ends it
 * @throws InvalidInputError
 */
export function traceWorker(worker: ObservableWorker, options: TraceOptions = {}): () => void {
  const settings = traceSettings(options)
  if (typeof worker?.observe !== 'function')
    throw new InvalidInputError(
      'invalid_worker',
      'worker',
      `${shown(worker)} is no worker. Give what createWorker(…) returned.`,
    )
  return worker.observe(spansOf(settings))
}

interface Run {
  readonly span: Span
  errorType?: string
  /** Of `performance.now()`, as the spans' own times. */
  endedAt?: number
}

function spansOf(settings: TraceSettings): WorkerObserver {
  const runs = new Map<string, Run>()
  const keyOf = ({ jobId, attempt }: ObservedAttempt) => `${jobId} ${attempt}`
  return {
    wantsTraces: true,
    onClaimed: ({ workerId, tookMs, jobTypes }) => {
      if (jobTypes.length > 0) received(settings, workerId, tookMs, jobTypes)
    },
    aroundHandler: async (attempt, run) => {
      const { span, within } = begun(settings, attempt)
      const running: Run = { span }
      runs.set(keyOf(attempt), running)
      try {
        return await context.with(within, run)
      } catch (error) {
        running.errorType = errorType(error)
        span.setAttribute('error.type', running.errorType)
        throw error
      } finally {
        running.endedAt = performance.now()
      }
    },
    onAttemptStopped: (attempt, { outcome, willRetry, runMs }) => {
      const run = runs.get(keyOf(attempt))
      runs.delete(keyOf(attempt))
      run?.span.setAttributes({ 'jobqueue.job.outcome': outcome, 'jobqueue.job.will_retry': willRetry })
      if (FAILED.has(outcome)) run?.span.setStatus({ code: SpanStatusCode.ERROR })
      // What was recorded while its handler goes on, since that does not listen, ends now.
      run?.span.end(run.endedAt)
      if (run !== undefined && settings.settle) settled(settings, attempt, run)
      const failure = FAILED.has(outcome) ? { 'error.type': run?.errorType ?? outcome } : {}
      settings.measured.process(runMs, { ...messaging('process', attempt.jobType), ...failure })
    },
  }
}

const FAILED = new Set<string>(['failed', 'timedOut', 'attemptLost'])

/** The span of a run, and the context in which its handler runs: baggage goes on in either way. */
function begun({ tracer, parent }: TraceSettings, attempt: ObservedAttempt): { span: Span; within: Context } {
  const { jobType, trace: carrier } = attempt
  const stored = carrier === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, carrier)
  const producer = trace.getSpanContext(stored)
  const links = producer === undefined ? [] : [{ context: producer }]
  const own = parent === 'child' ? {} : { root: true, links }
  const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(attempt), ...own }
  const span = tracer().startSpan(`process ${jobType}`, options, stored)
  return { span, within: trace.setSpan(stored, span) }
}

function attributesOf(attempt: ObservedAttempt): Attributes {
  const { jobId, jobType, attempt: number, priority, origin, bundleId, workerId, scheduleName } = attempt
  return {
    ...messaging('process', jobType),
    'messaging.message.id': jobId,
    'jobqueue.job.type': jobType,
    'jobqueue.job.attempt': number,
    'jobqueue.job.priority': priority,
    'jobqueue.job.origin': origin,
    'jobqueue.worker.id': workerId,
    ...(bundleId === null ? {} : { 'jobqueue.bundle.id': bundleId }),
    ...(scheduleName === null ? {} : { 'jobqueue.schedule.name': scheduleName }),
  }
}

/** A claim is told when it is over. */
function received(
  { tracer, measured }: TraceSettings,
  workerId: string,
  tookMs: number,
  jobTypes: readonly string[],
): void {
  const [type, another] = new Set(jobTypes)
  const one = another === undefined ? type : undefined
  const now = performance.now()
  const attributes = {
    ...messaging('receive', one),
    'messaging.batch.message_count': jobTypes.length,
    'jobqueue.worker.id': workerId,
  }
  const name = one === undefined ? 'receive' : `receive ${one}`
  const options = { kind: SpanKind.CLIENT, attributes, root: true, startTime: now - tookMs }
  tracer().startSpan(name, options).end(now)
  measured.operation(tookMs, attributes)
  for (const [one, jobs] of Map.groupBy(jobTypes, (type) => type))
    measured.consumed(jobs.length, messaging('receive', one))
}

/** From the end of the handler on: it waits for the next round trip, and for that. */
function settled(
  { tracer }: TraceSettings,
  { jobId, jobType }: ObservedAttempt,
  { span, endedAt }: Run,
): void {
  if (endedAt === undefined) return // its handler goes on: others have ended it
  const attributes = { ...messaging('settle', jobType), 'messaging.message.id': jobId }
  const within = trace.setSpan(ROOT_CONTEXT, span)
  tracer()
    .startSpan(`settle ${jobType}`, { kind: SpanKind.CLIENT, attributes, startTime: endedAt }, within)
    .end(performance.now())
}
