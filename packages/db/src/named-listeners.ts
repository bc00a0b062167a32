import { InvalidInputError, type ListenerOptions, type ServiceEvent, type ServiceListener } from '@jq/core'
import type { Hints } from './hints.ts'
import { NamedListener, type NamedListenerSurroundings } from './named-listener.ts'

/** The named listeners of this process. */
export class NamedListeners {
  readonly #around: Omit<NamedListenerSurroundings, 'ended'>
  readonly #hints: Hints
  readonly #byName = new Map<string, NamedListener>()
  #hearing: Promise<() => Promise<void>> | undefined

  constructor(around: Omit<NamedListenerSurroundings, 'ended'>, hints: Hints) {
    this.#around = around
    this.#hints = hints
  }

  /** @throws InvalidInputError with reason `duplicate_listener` */
  async add(name: string, listener: ServiceListener, options: ListenerOptions): Promise<() => Promise<void>> {
    if (this.#byName.has(name)) throw duplicate(name)
    const ended = (one: NamedListener) => void this.#remove(one)
    const named = new NamedListener(name, { listener, options }, { ...this.#around, ended })
    this.#byName.set(name, named)
    try {
      await named.register()
      await this.#hear()
      named.begin()
    } catch (error) {
      await this.#remove(named)
      throw error
    }
    return () => this.#remove(named)
  }

  async remove(name: string): Promise<void> {
    const named = this.#byName.get(name)
    if (named !== undefined) await this.#remove(named)
  }

  async removeAll(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((named) => this.#remove(named)))
  }

  /** Of what never reached a database. */
  tell(event: ServiceEvent): void {
    for (const named of this.#byName.values()) named.tell(event)
  }

  async #remove(named: NamedListener): Promise<void> {
    if (this.#byName.get(named.name) === named) this.#byName.delete(named.name)
    await named.end()
    if (this.#byName.size > 0) return
    const hearing = this.#hearing
    this.#hearing = undefined
    await (await hearing)?.()
  }

  #hear(): Promise<unknown> {
    this.#hearing ??= this.#hints.listen({
      hint: (hint) => this.#hint(hint),
      resync: () => this.#hint('event'),
    })
    return this.#hearing
  }

  #hint(hint: string): void {
    for (const named of this.#byName.values()) {
      if (hint === 'event') named.wake()
      if (hint === 'listener') named.wakeForLease()
    }
  }
}

function duplicate(name: string): InvalidInputError {
  return new InvalidInputError(
    'duplicate_listener',
    'options.name',
    `${JSON.stringify(name)} listens in this process already. Remove that listener first, or give this one a name of its own.`,
  )
}
