import { EventEmitter, once } from 'node:events'

/** A growing list of events that can be read while it grows, by many and each from the first event on. */
export class EventLog<Event> implements AsyncIterable<Event> {
  readonly events: Event[] = []
  readonly #changes = new EventEmitter().setMaxListeners(0)
  #isEnded = false

  add(event: Event): void {
    this.events.push(event)
    this.#changes.emit('change')
  }

  /** Nothing will be added any more. */
  end(): void {
    this.#isEnded = true
    this.#changes.emit('change')
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    for (let next = 0; ; next++) {
      while (next >= this.events.length && !this.#isEnded) await once(this.#changes, 'change')
      if (next >= this.events.length) return
      yield this.events[next] as Event
    }
  }
}
