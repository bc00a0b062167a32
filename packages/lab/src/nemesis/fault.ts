import type { SeededRandom } from '@jq/testing'
import type { FinalState } from '../database/final-state.ts'
import type { EventOf, HistoryEvent } from '../history/history-event.ts'
import type { Stage } from '../run/stage.ts'

/** A fault of the kind `name`, as the nemesis's history tells it. */
export type FaultDeed = EventOf<'fault'>

/** All that is known when a run is over. */
export interface Evidence {
  readonly history: readonly HistoryEvent[]
  readonly state: FinalState
}

/** What an injection answers: its victim, and what it saw of its own effect. Null: there was nobody to strike. */
export interface Struck {
  readonly victim?: string | undefined
  readonly workerId?: string | undefined
  readonly done?: Readonly<Record<string, unknown>>
}

/** A class of faults. */
export interface Fault {
  readonly name: string
  /** One line for the documentation. */
  readonly what: string
  /** When it counts, in words: its effect shows in the history or the database. */
  readonly landsWhen: string
  /** On average it strikes once in so many milliseconds. */
  readonly everyMs: number
  /** One may begin while another one lasts. */
  readonly overlaps?: boolean
  /** The servers on which it can strike; `plain` unless said otherwise. */
  readonly on?: readonly ServerKind[]
  /** Too dear for the short form. */
  readonly isDear?: boolean
  /** Strikes, and resolves when it is over: whatever it broke is whole again, or is going to be. */
  strike(stage: Stage, random: SeededRandom): Promise<Struck | null>
  /** Whether its effect shows. */
  landed(deed: FaultDeed, evidence: Evidence): boolean
}

/** `shifting`: its clock can be moved. `small`: its disk can be filled. */
export type ServerKind = 'plain' | 'shifting' | 'small'
