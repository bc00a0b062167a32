/** What a process of the soak is for. */
export type SoakRole = 'worker' | 'producer' | 'listener'

/** What it is started with, as JSON in its first argument. */
export interface SoakPlan {
  readonly role: SoakRole
  readonly url: string
  readonly threads: number
  readonly seed: number
}

/** What it is told. */
export type SoakOrder =
  | { readonly order: 'sample'; readonly n: number }
  /** So many jobs a second; null: as fast as it can. Until `rest`. */
  | { readonly order: 'produce'; readonly rate: number | null }
  | { readonly order: 'rest' }
  | { readonly order: 'finish' }

/** What it says. */
export type SoakSaid =
  | { readonly said: 'ready' }
  | ProcessSample
  /** How many jobs it has added since `produce`. */
  | { readonly said: 'rested'; readonly added: number }

/** A process looked at itself, after a full collection of garbage. */
export interface ProcessSample {
  readonly said: 'sample'
  readonly n: number
  readonly rss: number
  readonly heapUsed: number
  readonly handles: number
  /** From the call of `add` to the entry of the handler, of each job that was entered first since the last sample, in milliseconds. */
  readonly waits: readonly number[]
}
