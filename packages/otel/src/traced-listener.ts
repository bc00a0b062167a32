import type { JobBundleStoppedEvent, ServiceListener } from '@jq/core'
import { overriding } from '@jq/core/internal'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { inSpan } from './in-span.ts'
import type { TraceSettings } from './trace-options.ts'

/** The same listener; where it is told that a bundle stopped, that is a span, in which it adds what it adds. */
export function tracedListener(settings: TraceSettings, listener: ServiceListener): ServiceListener {
  // What is no listener is refused by the queue.
  if (typeof listener?.onJobBundleStopped !== 'function') return listener
  return overriding(listener, {
    onJobBundleStopped: (event: JobBundleStoppedEvent) =>
      inSpan(
        settings,
        {
          name: `jobqueue.bundle_stopped ${event.bundleType}`,
          kind: SpanKind.INTERNAL,
          attributes: {
            'messaging.system': 'jobqueue',
            'jobqueue.bundle.id': event.bundleId,
            'jobqueue.bundle.type': event.bundleType,
            'jobqueue.bundle.has_error': event.hasError,
          },
          parent: ROOT_CONTEXT,
        },
        async () => listener.onJobBundleStopped?.(event),
      ),
  })
}
