import type { HandlerContext } from '../handler.ts'
import { IsolatedCell } from './isolated-cell.ts'
import type { IsolationSettings } from './isolated-options.ts'

/** A cell that has had nothing to do for so long ends. */
const IDLE_MS = 10_000

/** The cells of one handler. As many as run at once: whoever claims its jobs minds its concurrency. */
export class Cells {
  readonly #settings: IsolationSettings
  readonly #all = new Set<IsolatedCell>()
  /** The last to end is the first to go on, so that what is not needed is idle for long. */
  readonly #idle = new Map<IsolatedCell, NodeJS.Timeout>()

  constructor(settings: IsolationSettings) {
    this.#settings = settings
  }

  readonly handler = async (payload: unknown, context: HandlerContext): Promise<any> => {
    const cell = this.#wake() ?? this.#start()
    try {
      return await cell.run(payload, context)
    } finally {
      this.#rest(cell)
    }
  }

  /** Kills whatever is left. Who runs a job again gets new cells. */
  async end(): Promise<void> {
    const all = [...this.#all]
    for (const cell of all) cell.kill()
    await Promise.all(all.map(({ ended }) => ended))
  }

  #start(): IsolatedCell {
    const cell = new IsolatedCell(this.#settings)
    this.#all.add(cell)
    void cell.ended.then(() => {
      this.#all.delete(cell)
      this.#forget(cell)
    })
    return cell
  }

  #wake(): IsolatedCell | undefined {
    const cell = [...this.#idle.keys()].at(-1)
    if (cell !== undefined) this.#forget(cell)
    return cell
  }

  #rest(cell: IsolatedCell): void {
    if (cell.isOver) return
    this.#idle.set(cell, setTimeout(() => this.#dismiss(cell), IDLE_MS).unref())
  }

  #dismiss(cell: IsolatedCell): void {
    this.#forget(cell)
    cell.kill()
  }

  #forget(cell: IsolatedCell): void {
    clearTimeout(this.#idle.get(cell))
    this.#idle.delete(cell)
  }
}
