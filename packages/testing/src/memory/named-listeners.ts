import { InvalidInputError, type ListenerOptions, type ServiceEvent, type ServiceListener } from '@jq/core'
import { type Registered, tellListener, type WantedKinds, wantedKinds } from '@jq/core/internal'
import type { Clock } from './clock.ts'

/** An event that a name has not taken yet. */
interface Waiting {
  readonly event: ServiceEvent
  readonly tries: number
  readonly dueAt: number
}

/** A name, from its first registration until it is forgotten. */
interface Name {
  readonly wanted: WantedKinds
  /** Who listens by it now; null: what happens waits for somebody. */
  readonly registered: Registered | null
  readonly waiting: ReadonlySet<Waiting>
  readonly inHand: ReadonlySet<Waiting>
}

const LONGEST_WAIT_MS = 300_000

/** The named listeners of a queue in memory: each has every event at least once, by the queue's clock. */
export class NamedListeners {
  readonly #clock: Clock
  readonly #names = new Map<string, Name>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws InvalidInputError with reason `duplicate_listener` */
  add(name: string, listener: ServiceListener, options: ListenerOptions): () => void {
    const known = this.#names.get(name)
    if (known?.registered != null)
      throw new InvalidInputError(
        'duplicate_listener',
        'options.name',
        `${JSON.stringify(name)} listens in this process already. Remove that listener first, or give this one a name of its own.`,
      )
    const registered = { listener, options }
    const wanted = together(known?.wanted, wantedKinds([listener]))
    this.#names.set(name, {
      waiting: new Set(),
      inHand: new Set(),
      ...known,
      wanted,
      registered,
    })
    this.tellDue()
    return () => this.#detach(name, registered)
  }

  removeAll(): void {
    for (const [name, { registered }] of this.#names) if (registered !== null) this.#detach(name, registered)
  }

  forget(name: string): boolean {
    return this.#names.delete(name)
  }

  /** Keeps an event for every name that wants its kind. */
  take(event: ServiceEvent): void {
    for (const [name, known] of this.#names) {
      if (!wants(known.wanted, event)) continue
      const one = { event, tries: 0, dueAt: this.#clock.now() }
      this.#names.set(name, { ...known, waiting: new Set(known.waiting).add(one) })
    }
  }

  /** Whatever is due, and nobody has in hand. */
  tellDue(): void {
    const now = this.#clock.now()
    for (const [name, { registered, waiting, inHand }] of this.#names) {
      if (registered === null) continue
      const due = [...waiting].filter((one) => one.dueAt <= now && !inHand.has(one))
      for (const one of due) void this.#tell(name, registered, one)
    }
  }

  /** True while a name has not taken what happened to this job or bundle. */
  awaits(isMeant: (event: ServiceEvent) => boolean): boolean {
    return [...this.#names.values()].some(({ waiting }) => [...waiting].some(({ event }) => isMeant(event)))
  }

  /** Of what never was stored. */
  tellAtOnce(event: ServiceEvent): void {
    for (const { registered } of this.#names.values())
      if (registered !== null) tellListener(registered, event).catch(() => undefined)
  }

  async #tell(name: string, registered: Registered, one: Waiting): Promise<void> {
    this.#change(name, ({ inHand }) => ({ inHand: new Set(inHand).add(one) }))
    const took = await tellListener(registered, one.event).then(
      () => true,
      () => false,
    )
    this.#change(name, ({ waiting, inHand }) => ({
      waiting: took ? without(waiting, one) : without(waiting, one).add(this.#again(one)),
      inHand: without(inHand, one),
    }))
  }

  #again({ event, tries }: Waiting): Waiting {
    const wait = Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** Math.min(tries, 20))
    return { event, tries: tries + 1, dueAt: this.#clock.now() + wait }
  }

  #detach(name: string, registered: Registered): void {
    this.#change(name, (known) => (known.registered === registered ? { registered: null } : {}))
  }

  #change(name: string, change: (known: Name) => Partial<Name>): void {
    const known = this.#names.get(name)
    if (known !== undefined) this.#names.set(name, { ...known, ...change(known) })
  }
}

function wants({ jobs, bundles, changes }: WantedKinds, { kind }: ServiceEvent): boolean {
  return kind === 'job' ? jobs : kind === 'bundle' ? bundles : changes
}

function together(a: WantedKinds | undefined, b: WantedKinds): WantedKinds {
  return {
    jobs: b.jobs || (a?.jobs ?? false),
    bundles: b.bundles || (a?.bundles ?? false),
    changes: b.changes || (a?.changes ?? false),
  }
}

function without<T>(set: ReadonlySet<T>, one: T): Set<T> {
  return new Set([...set].filter((other) => other !== one))
}
