import type { Runs } from './process-talk.ts'

/** Counts the runs of numbered jobs. */
export class RunCount {
  #count = 0
  #repeats = 0
  #ran = new Uint8Array(1024)

  get count(): number {
    return this.#count
  }

  add(n: number): void {
    this.#count++
    const place = n >> 3
    if (place >= this.#ran.length) this.#grow(place)
    const bit = 1 << (n & 7)
    const bits = this.#ran[place] as number
    if ((bits & bit) !== 0) this.#repeats++
    this.#ran[place] = bits | bit
  }

  get runs(): Runs {
    return { count: this.#count, repeats: this.#repeats, ran: Buffer.from(this.#ran).toString('base64') }
  }

  #grow(place: number): void {
    const grown = new Uint8Array(Math.max(place + 1, this.#ran.length * 2))
    grown.set(this.#ran)
    this.#ran = grown
  }
}

/** How many different jobs ran in all processes together, and how many runs were too many. */
export function countRuns(reports: readonly Runs[]): { jobs: number; repeats: number } {
  const all = reports.map(({ ran }) => Buffer.from(ran, 'base64'))
  const runs = reports.reduce((sum, { count }) => sum + count, 0)
  const length = Math.max(0, ...all.map((bits) => bits.length))
  let jobs = 0
  for (let place = 0; place < length; place++)
    jobs += ones(all.reduce((or, bits) => or | (bits[place] ?? 0), 0))
  return { jobs, repeats: runs - jobs }
}

function ones(byte: number): number {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
}
