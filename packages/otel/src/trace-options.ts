import { InvalidInputError } from '@jq/core'
import { oneOf, refuseUnknown, shown } from '@jq/core/internal'
import { type Tracer, trace } from '@opentelemetry/api'
import { MessagingMetrics } from './messaging-metrics.ts'
import { version } from './version.ts'

/** What {@link traced} and {@link traceWorker} accept. */
export interface TraceOptions {
  /** Who makes the spans. @defaultValue `trace.getTracer('@jq/otel')`, of whatever provider is registered then */
  tracer?: Tracer | undefined
  /**
   * How a run belongs to the trace in which its job was added. 'link': it begins a trace of its own, with a link, since it may run days
   * later, and again. 'child': it goes on in that trace; for short jobs whose tools show linked spans apart. @defaultValue 'link'
   */
  parent?: 'link' | 'child' | undefined
  /** Of a worker: a span of the time from a handler's end until its outcome is recorded. @defaultValue false */
  settle?: boolean | undefined
}

export interface TraceSettings {
  /** Asked for when a span is made: whoever registers a provider may do so later. */
  tracer(): Tracer
  readonly parent: 'link' | 'child'
  readonly settle: boolean
  readonly measured: MessagingMetrics
}

/** @throws InvalidInputError */
export function traceSettings(options: TraceOptions): TraceSettings {
  refuseUnknown(options, ['tracer', 'parent', 'settle'], 'options')
  const { tracer, parent = 'link', settle = false } = options
  if (tracer !== undefined && typeof tracer?.startSpan !== 'function')
    throw new InvalidInputError(
      'invalid_tracer',
      'options.tracer',
      `${shown(tracer)} is no tracer. Give trace.getTracer(name), or leave it out.`,
    )
  if (typeof settle !== 'boolean')
    throw new InvalidInputError(
      'invalid_option',
      'options.settle',
      `${shown(settle)} will not do. Give true or false.`,
    )
  return {
    tracer: () => tracer ?? trace.getTracer('@jq/otel', version),
    parent: oneOf(['link', 'child'], parent, 'options.parent'),
    settle,
    measured: new MessagingMetrics(),
  }
}
