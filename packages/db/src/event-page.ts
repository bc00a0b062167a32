import type { EventKey, EventNotes, NamedEventRow } from './statements/named-listener.ts'

/** What became of an event that was told: its listener returned, threw, or has not returned yet. */
export type Ending = 'done' | 'failed' | 'late'

/** An event that was told in vain waits 1 s, 2 s, 4 s … and no longer than this. */
const LONGEST_WAIT_MS = 300_000

/** A page of events in the order of the cursor, and what became of each so far. */
export class EventPage {
  readonly #rows: readonly NamedEventRow[]
  readonly #endings = new Map<string, Ending>()
  /** What comes later is noted by itself. */
  isNoted = false

  constructor(rows: readonly NamedEventRow[]) {
    this.#rows = rows
  }

  note({ id }: EventKey, ending: Ending): void {
    this.#endings.set(id, ending)
  }

  /** The cursor moves up to the first event that was not told. What is done behind that one is told again by whoever goes on. */
  notes(): EventNotes {
    this.isNoted = true
    const fresh = this.#rows.filter(({ tries }) => tries === 0)
    const untold = fresh.findIndex(({ id }) => !this.#endings.has(id))
    const passed = untold === -1 ? fresh : fresh.slice(0, untold)
    const repeated = this.#rows.filter(({ tries, id }) => tries > 0 && this.#endings.has(id))
    return { upTo: passed.at(-1) ?? null, ...this.#endingsOf([...repeated, ...passed]) }
  }

  notesOf(row: NamedEventRow): EventNotes {
    return { upTo: null, ...this.#endingsOf([{ ...row, tries: row.tries + 1 }]) }
  }

  #endingsOf(rows: readonly NamedEventRow[]): Pick<EventNotes, 'done' | 'again'> {
    const isDone = ({ id }: EventKey) => this.#endings.get(id) === 'done'
    return {
      done: rows.filter((row) => row.tries > 0 && isDone(row)),
      again: rows
        .filter((row) => !isDone(row))
        .map(({ tx, id, tries }) => ({ tx, id, tries: tries + 1, waitMs: this.#waitMs(id, tries) })),
    }
  }

  #waitMs(id: string, tries: number): number {
    if (this.#endings.get(id) === 'late') return LONGEST_WAIT_MS
    return Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** Math.min(tries, 20))
  }
}
