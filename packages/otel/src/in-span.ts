import {
  type Attributes,
  type Context,
  context,
  type Span,
  type SpanKind,
  SpanStatusCode,
} from '@opentelemetry/api'
import { errorType } from './attributes.ts'
import type { TraceSettings } from './trace-options.ts'

export interface SpanWish {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  /** @defaultValue the active one */
  readonly parent?: Context
}

/** Does `work` in a span, which says by which kind of error it failed. */
export async function inSpan<T>(
  { tracer }: TraceSettings,
  { name, kind, attributes, parent = context.active() }: SpanWish,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer().startActiveSpan(name, { kind, attributes }, parent, async (span) => {
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
