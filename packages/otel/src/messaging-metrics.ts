import {
  type Attributes,
  type Counter,
  type Histogram,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api'
import { version } from './version.ts'

/** As the conventions advise, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** What a measured value is told apart by: no ids, each of which would be a series of its own. */
const KEPT = [
  'messaging.system',
  'messaging.operation.name',
  'messaging.operation.type',
  'messaging.destination.name',
  'error.type',
]

interface Instruments {
  readonly provider: MeterProvider
  readonly sent: Counter
  readonly consumed: Counter
  readonly operation: Histogram
  readonly process: Histogram
}

/** The metrics of the messaging conventions, by whatever provider is registered at that moment; without one, nothing is kept. */
export class MessagingMetrics {
  #made: Instruments | undefined

  /** So many jobs were added. */
  sent(count: number, about: Attributes): void {
    this.#instruments().sent.add(count, kept(about))
  }

  /** So many jobs were claimed. */
  consumed(count: number, about: Attributes): void {
    this.#instruments().consumed.add(count, kept(about))
  }

  /** A call of the queue took so long. */
  operation(tookMs: number, about: Attributes): void {
    this.#instruments().operation.record(tookMs / 1_000, kept(about))
  }

  /** A handler ran for so long. */
  process(ranMs: number, about: Attributes): void {
    this.#instruments().process.record(ranMs / 1_000, kept(about))
  }

  /** Made anew where another provider was registered since: none stands in for one that comes later. */
  #instruments(): Instruments {
    const provider = metrics.getMeterProvider()
    if (this.#made?.provider !== provider) this.#made = instrumentsOf(provider)
    return this.#made
  }
}

function instrumentsOf(provider: MeterProvider): Instruments {
  const meter = provider.getMeter('@jq/otel', version)
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: SECONDS } }
  const messages = { unit: '{message}' }
  return {
    provider,
    sent: meter.createCounter('messaging.client.sent.messages', messages),
    consumed: meter.createCounter('messaging.client.consumed.messages', messages),
    operation: meter.createHistogram('messaging.client.operation.duration', seconds),
    process: meter.createHistogram('messaging.process.duration', seconds),
  }
}

function kept(about: Attributes): Attributes {
  return Object.fromEntries(KEPT.flatMap((key) => (about[key] === undefined ? [] : [[key, about[key]]])))
}
