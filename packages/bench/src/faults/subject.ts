/** The kinds of jobs that the faults know: one that is in hand when a fault strikes, and one by which it is seen whether work goes on. */
export type FaultType = 'held' | 'probe'

/** A job of the faults: what it does is decided by its process. */
export interface FaultJob {
  readonly n: number
  readonly does:
    | { readonly what: 'wait' }
    /** So long in the process that had it first, and no time in the other. */
    | { readonly what: 'last'; readonly ms: number }
    | { readonly what: 'odd'; readonly name: string; readonly way: 'thrown' | 'returned' }
}

/** Does what the job says: returns, or throws, whatever it is. */
export type Act = (job: FaultJob, signal: AbortSignal | undefined) => unknown

/** How a process works. */
export interface HandsPlan {
  /** How many of each type it may have in hand; a type that is not there it does not take. */
  readonly atOnce: Readonly<Partial<Record<FaultType, number>>>
  /** How long a process may be silent before its jobs are given to others, where that can be chosen. */
  readonly leaseMs: number
}

/** What works jobs off, until its process ends. */
export type OpenHands = (
  url: string,
  plan: HandsPlan,
  act: Act,
  onTrouble: (message: string) => void,
) => Promise<void>

/** What the store says of a job, in words that all three share. */
export interface JobLook {
  /** `gone`: not there any more, as a job that succeeded where such are not kept. */
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'gone'
  /** Which process's result is recorded; null: none, or none is kept. */
  readonly by: string | null
  /** Whether it is said why an attempt failed. */
  readonly hasError: boolean
}

/** Where jobs are added and looked at. */
export interface Desk {
  /** @returns its id */
  add(type: FaultType, job: FaultJob, options: { readonly retries: number }): Promise<string>
  look(id: string): Promise<JobLook>
  /** Takes it away from its process by hand, as the documentation says, where nothing else would for hours. */
  takeAway?(id: string): Promise<void>
  close(): Promise<void>
}

/** A queue under the faults, by its public API alone. */
export interface Subject {
  readonly name: string
  install(url: string, plan: Pick<HandsPlan, 'leaseMs'>): Promise<void>
  openDesk(url: string): Promise<Desk>
  readonly openHands: OpenHands
}
