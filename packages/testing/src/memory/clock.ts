/** What time it is in a queue in memory, in milliseconds since 1970. */
export interface Clock {
  now(): number
  advance(ms: number): void
}

/** Stands still until the test moves it. */
export class StandingClock implements Clock {
  #now: number

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }
}
