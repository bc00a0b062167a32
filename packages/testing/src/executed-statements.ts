import { BODY, type ProtocolMessage } from './protocol-message.ts'

/** Knows which SQL the messages of one connection set going, also where they name a statement prepared long before. */
export class ExecutedStatements {
  readonly #prepared = new Map<string, string>()

  /** @returns the SQL that this message from the client runs, if it is one that runs SQL */
  startedBy({ type, bytes }: ProtocolMessage): string | undefined {
    if (type === 'Q') return textAt(bytes, BODY)
    if (type === 'P') this.#remember(bytes)
    if (type === 'B') return this.#prepared.get(textAt(bytes, afterText(bytes, BODY)))
    return undefined
  }

  #remember(parse: Buffer): void {
    this.#prepared.set(textAt(parse, BODY), textAt(parse, afterText(parse, BODY)))
  }
}

/** The text that stands at `start`, which ends with a zero byte. */
function textAt(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start, bytes.indexOf(0, start))
}

function afterText(bytes: Buffer, start: number): number {
  return bytes.indexOf(0, start) + 1
}
