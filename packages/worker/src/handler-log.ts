import type { Logger, LogLine } from '@jq/core'
import type { SaidLine } from '@jq/core/internal'
import { logText } from './log-text.ts'

/** What is kept of one attempt, at most. */
const MOST_LINES = 200
const MOST_CHARACTERS = 64 * 1024
/** Who looks at a job that runs sees what it said so long ago. */
const WRITE_AFTER_MS = 1_000

type Line = Omit<SaidLine, 'agoMs'> & { readonly saidAt: number }

/**
 * What a handler says: passed on at once, and kept with its attempt, a little later or before its outcome. It is kept up to a bound;
 * what exceeds that is counted in one last line.
 */
export class HandlerLog {
  /** What the handler is given. Its functions may be taken out of it. */
  readonly logger: Logger
  readonly #write: (lines: readonly SaidLine[]) => Promise<void>
  readonly #onTrouble: (error: Error) => void
  #unwritten: Line[] = []
  #taken: Line[] = []
  #lines = 0
  #room = MOST_CHARACTERS
  #dropped = 0
  #ended = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  /** @param write - keeps lines; what it throws costs the lines, and not the attempt */
  constructor(
    passOn: Logger,
    write: (lines: readonly SaidLine[]) => Promise<void>,
    onTrouble: (error: Error) => void,
  ) {
    this.#write = write
    this.#onTrouble = onTrouble
    const at = (level: LogLine['level']) => (fields: object, message?: string) => {
      passOn[level](fields, message)
      this.#say(level, fields, message)
    }
    this.logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** Resolves once everything is written, or cannot be. What is said afterwards is passed on, and no more. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#countDropped()
    await this.#writing
    await this.#writeNow((error) => this.#onTrouble(error))
  }

  /** The attempt is lost: nothing more of it is kept. */
  drop(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#unwritten = []
  }

  /** What nobody has written yet, for a transaction that writes it along. */
  take(): readonly SaidLine[] {
    this.#taken = this.#unwritten
    this.#unwritten = []
    return this.#taken.map(said)
  }

  /** That transaction was rolled back. */
  putBack(): void {
    this.#unwritten = [...this.#taken, ...this.#unwritten]
    this.#taken = []
  }

  #say(level: LogLine['level'], fields: object, message: string | undefined): void {
    if (this.#ended) return
    const line = { level, message: message === undefined ? null : clean(message), fields: logText(fields) }
    const length = (line.message?.length ?? 0) + line.fields.length
    if (this.#dropped > 0 || this.#lines === MOST_LINES || length > this.#room) {
      this.#dropped++
      return
    }
    this.#room -= length
    this.#add(line)
    this.#timer ??= setTimeout(() => void this.#writeSoon(), WRITE_AFTER_MS).unref()
  }

  #add(line: Omit<Line, 'line' | 'saidAt'>): void {
    this.#unwritten.push({ ...line, line: ++this.#lines, saidAt: performance.now() })
  }

  #countDropped(): void {
    if (this.#dropped === 0) return
    const message = `${this.#dropped} more lines were not kept: an attempt keeps ${MOST_LINES} lines, or 64 KiB of them.`
    this.#add({ level: 'warn', message, fields: JSON.stringify({ dropped: this.#dropped }) })
  }

  /** While the handler goes on: where it fails, the lines wait for the next time. */
  async #writeSoon(): Promise<void> {
    this.#timer = undefined
    this.#writing = this.#writeNow(() => {
      if (!this.#ended) this.#timer ??= setTimeout(() => void this.#writeSoon(), WRITE_AFTER_MS).unref()
    })
    await this.#writing
  }

  async #writeNow(onTrouble: (error: Error) => void): Promise<void> {
    const lines = this.#unwritten
    if (lines.length === 0) return
    this.#unwritten = []
    try {
      await this.#write(lines.map(said))
    } catch (error) {
      this.#unwritten = [...lines, ...this.#unwritten]
      onTrouble(error as Error)
    }
  }
}

function said({ saidAt, ...line }: Line): SaidLine {
  return { ...line, agoMs: performance.now() - saidAt }
}

function clean(message: string): string {
  return String(message).replaceAll('\0', '\ufffd').toWellFormed()
}
