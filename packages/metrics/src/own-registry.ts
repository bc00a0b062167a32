import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

interface Described {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** Ours among the metrics of a registry, which may be the user's. */
export class OwnRegistry {
  readonly #registry: Registry
  readonly #names: string[] = []

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** @param ask - is called, and waited for, whenever somebody asks */
  counter(described: Described, ask?: () => Promise<void>): Counter {
    return new Counter({ ...this.#configured(described), ...(ask === undefined ? {} : { collect: ask }) })
  }

  /** @param ask - is called whenever somebody asks, with what it may add to */
  histogram(
    described: Described & { readonly buckets: readonly number[] },
    ask?: (histogram: Histogram) => void,
  ): Histogram {
    return new Histogram({
      ...this.#configured(described),
      buckets: [...described.buckets],
      ...(ask === undefined ? {} : { collect: histogramAsked(ask) }),
    })
  }

  /** A counter whose count stands elsewhere. @param collect - adds what that is, whenever somebody asks */
  countedElsewhere(described: Described, collect: (counter: Counter) => void | Promise<void>): void {
    new Counter({
      ...this.#configured(described),
      collect() {
        this.reset()
        // One without labels would say 0 where it has nothing to say.
        if (described.labels === undefined || described.labels.length === 0) this.remove()
        return collect(this)
      },
    })
  }

  /** @param collect - sets it, whenever somebody asks */
  gauge(described: Described, collect: (gauge: Gauge) => void | Promise<void>): void {
    new Gauge({
      ...this.#configured(described),
      collect() {
        this.reset()
        // One without labels would say 0 where it has nothing to say.
        if (described.labels === undefined || described.labels.length === 0) this.remove()
        return collect(this)
      },
    })
  }

  clear(): void {
    for (const name of this.#names) this.#registry.removeSingleMetric(name)
  }

  #configured({ name, help, labels = [] }: Described) {
    this.#names.push(name)
    return { name, help, labelNames: [...labels], registers: [this.#registry] }
  }
}

function histogramAsked(ask: (histogram: Histogram) => void) {
  return function (this: Histogram) {
    ask(this)
  }
}
