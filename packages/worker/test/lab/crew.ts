import type { LabWorker } from './lab.ts'

/** Worker processes under one who replaces each that dies, as a platform does, until they are dismissed. */
export class Crew {
  readonly #start: () => Promise<LabWorker>
  readonly #all: LabWorker[] = []
  #members: LabWorker[] = []
  #dismissed = false
  #deaths = 0
  #replacing: Promise<unknown> = Promise.resolve()

  private constructor(start: () => Promise<LabWorker>) {
    this.#start = start
  }

  static async of(size: number, start: () => Promise<LabWorker>): Promise<Crew> {
    const crew = new Crew(start)
    await Promise.all(Array.from({ length: size }, () => crew.#add()))
    return crew
  }

  /** Those that were alive a moment ago. */
  get members(): readonly LabWorker[] {
    return this.#members
  }

  /** Also those that are gone. */
  get all(): readonly LabWorker[] {
    return this.#all
  }

  get deaths(): number {
    return this.#deaths
  }

  async dismiss(): Promise<void> {
    this.#dismissed = true
    await this.#replacing
    for (const { process } of this.#members) process.signal('SIGKILL')
    await Promise.all(this.#all.map(({ process }) => process.exited))
  }

  /** Starts one; one that dies before it is ready is a death too, and is replaced. */
  async #add(): Promise<void> {
    const worker = await this.#start().catch(() => undefined)
    if (worker === undefined) {
      this.#deaths++
      return this.#dismissed ? undefined : this.#add()
    }
    this.#all.push(worker)
    this.#members = [...this.#members, worker]
    void worker.process.exited.then(() => this.#replace(worker))
  }

  #replace(dead: LabWorker): void {
    this.#members = this.#members.filter((member) => member !== dead)
    if (this.#dismissed) return
    this.#deaths++
    this.#replacing = Promise.all([this.#replacing, this.#add()])
  }
}
