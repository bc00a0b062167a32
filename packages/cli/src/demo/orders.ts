import type { BundleId } from '@jq/core'

/** What the demo tells a worker process, over the channel between them: a command line would show the password to all. */
export type Order =
  | { readonly order: 'work'; readonly assignment: Assignment }
  /** Finish what runs, then end. */
  | { readonly order: 'finish' }
  /** Give back what runs, then end. */
  | { readonly order: 'stop' }

export interface Assignment {
  readonly connectionString: string
  readonly schema: string
  readonly threads: number
  /** Never let go of one job of this bundle: the process is going to be killed, and shall not be empty-handed then. */
  readonly holdOneOf: BundleId | null
}

/** What a worker process answers. */
export type News =
  /** Its threads have begun. */
  | { readonly news: 'working'; readonly workerId: string }
  /** It has begun the job that it will not let go of. */
  | { readonly news: 'holding' }
