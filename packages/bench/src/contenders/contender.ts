/** How a worker process works. */
export interface WorkPlan {
  readonly threads: number
  /** With the settings that its makers publish as their best, instead of its defaults with so many threads. */
  readonly best: boolean
  /** Jobs come in so many types. */
  readonly types: number
  /** A handler takes so long; 0 does nothing at all. */
  readonly handlerMs: number
  /** It waits for jobs one by one: whoever can be told of them, is. */
  readonly awaits: boolean
  /** It is told of each job that stopped, where the contender can. */
  readonly listens?: boolean | undefined
  /** It works on other types than those that are added. */
  readonly foreign?: boolean | undefined
}

/** A job of the bench: its number, from 0 where it counts, and the number of its type. */
export interface BenchJob {
  readonly n: number
  readonly type: number
  readonly startAt?: Date | undefined
  readonly group?: string | undefined
}

/** What adds jobs. */
export interface Producer {
  add(job: BenchJob): Promise<unknown>
  addMany(jobs: readonly BenchJob[]): Promise<unknown>
  /** Where the contender knows jobs that belong together. */
  addBundle?: ((jobs: readonly BenchJob[]) => Promise<unknown>) | undefined
  close(): Promise<void>
}

/** What works jobs off. */
export interface Hands {
  work(): Promise<void>
  /** Ends what runs, records it, and begins nothing more. */
  rest(): Promise<void>
  close(): Promise<void>
}

/** What the database holds, asked on a connection of its own. */
export interface Look {
  /** Whether nothing waits or runs any more, jobs of the future aside. */
  settled(): Promise<boolean>
  /** The results in the database; null: it keeps none by default. */
  kept(): Promise<number | null>
  /** The jobs that wait. */
  added(): Promise<number>
  close(): Promise<void>
}

/** One of the queues that are measured, told in its own words. */
export interface Contender {
  readonly name: string
  /** Where its jobs are. @defaultValue 'postgres' */
  readonly store?: 'postgres' | 'redis' | undefined
  /** Makes its tables in an empty database. */
  install(url: string, plan: { readonly types: number; readonly told: boolean }): Promise<void>
  openProducer(url: string): Promise<Producer>
  /** @param run - what a handler does with the number of its job */
  openHands(url: string, plan: WorkPlan, run: (n: number) => Promise<void> | void): Promise<Hands>
  openLook(url: string): Promise<Look>
  /** Leaves jobs that stopped long ago, where it keeps such. */
  fillStopped?: ((url: string, jobs: number, hoursAgo: number) => Promise<unknown>) | undefined
}
