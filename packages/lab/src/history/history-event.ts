/** What a process of the lab did or was told; one line of its history. */
export type HistoryEvent = Deed & Stamp

/** Who says so, and when. */
export interface Stamp {
  readonly by: string
  /** Milliseconds of the machine's monotonic clock, the same for all processes. */
  readonly at: number
  /** What the process believes the wall clock to be; of a process with a shifted clock it is wrong. */
  readonly date: number
}

export type Deed = WorkerDeed | ProducerDeed | ListenerDeed | NemesisDeed | Trouble

/** An attempt by the names that handlers know. */
interface Named {
  readonly jobId: string
  readonly attempt: number
  readonly workerId: string
}

/** An attempt by the names that the database knows. */
interface Keyed {
  readonly seq: string
  readonly attempt: number
  readonly workerId: string
}

export type WorkerDeed =
  | { readonly did: 'joined'; readonly workerId: string }
  | ({ readonly did: 'claimed' } & Keyed & { readonly jobId: string })
  | ({ readonly did: 'started' } & Named & { readonly label: string; readonly does: string })
  | ({ readonly did: 'effect' | 'ended' } & Named)
  | ({ readonly did: 'aborted' } & Named & { readonly reason: string })
  /** It eats all memory of its process, which dies of it. */
  | ({ readonly did: 'starves' } & Named)
  /** It kept the event loop for itself for so long. */
  | ({ readonly did: 'blocked' } & Named & { readonly ms: number })
  | ({ readonly did: 'settling' | 'recorded' | 'refused' | 'postponed' } & Keyed & { readonly kind: string })
  /** No answer came: it may be recorded or not. */
  | ({ readonly did: 'unsure' } & Keyed & { readonly kind: string; readonly code: string })
  | { readonly did: 'poolHeld'; readonly waiting: number; readonly ms: number }
  | { readonly did: 'left'; readonly counts: object }

/** A job as its producer ordered it. */
export interface OrderedJob {
  readonly id: string
  readonly label: string
  readonly does: string
}

export type ProducerDeed =
  | { readonly did: 'tried'; readonly call: string; readonly jobs: readonly OrderedJob[] }
  | {
      readonly did: 'acked' | 'unknown' | 'rolledBack'
      readonly call: string
      readonly jobs: readonly OrderedJob[]
    }
  | { readonly did: 'reset'; readonly jobId: string; readonly answer: string }

export type ListenerDeed =
  | { readonly did: 'listens' }
  | { readonly did: 'toldJob'; readonly jobId: string; readonly attempt: number; readonly outcome: string }
  | { readonly did: 'toldBundle'; readonly bundleId: string; readonly epoch: number }

export type NemesisDeed =
  /** `done`: what the fault itself can tell of its effect. */
  | {
      readonly did: 'fault'
      readonly fault: string
      /** Its victim among the processes, where it has one. */
      readonly victim?: string | undefined
      readonly workerId?: string | undefined
      /** When it began, on the clock of `at`; `at` is when it was over. */
      readonly from: number
      readonly done: Readonly<Record<string, unknown>>
    }
  | {
      readonly did: 'exited'
      readonly process: string
      readonly code: number | null
      readonly signal: string | null
      /** Whether we caused it. */
      readonly wanted: boolean
      readonly stderr: string
    }

export interface Trouble {
  /** `trouble` is what the queue told its logger; `unhandled` reached the process itself. */
  readonly did: 'trouble' | 'unhandled'
  readonly message: string
  readonly code: string
}

/** An event of this kind. */
export type EventOf<Kind extends HistoryEvent['did']> = HistoryEvent & { readonly did: Kind }

/** All events of one kind, typed as that kind. */
export function deeds<Kind extends HistoryEvent['did']>(
  history: readonly HistoryEvent[],
  kind: Kind,
): readonly EventOf<Kind>[] {
  return history.filter((event): event is EventOf<Kind> => event.did === kind)
}
