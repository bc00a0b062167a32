/** How fast threads eat what was claimed ahead of them. Means that follow slowly, an eighth of the way with each reading. */
export class Pace {
  #runMs: number | undefined
  #tripMs: number | undefined

  /** An attempt took so long. */
  ran(ms: number): void {
    this.#runMs = follow(this.#runMs, ms)
  }

  /** A round trip took so long. */
  tripped(ms: number): void {
    this.#tripMs = follow(this.#tripMs, ms)
  }

  /** How many attempts these threads begin during one round trip: none, where attempts take much longer than it; undefined before the first. */
  perTrip(threads: number): number | undefined {
    if (this.#runMs === undefined || this.#tripMs === undefined) return undefined
    return Math.round((threads * this.#tripMs) / Math.max(this.#runMs, 0.01))
  }
}

function follow(mean: number | undefined, reading: number): number {
  return mean === undefined ? reading : mean + (reading - mean) / 8
}
