/** A message of PostgreSQL's frontend/backend protocol, whole, as it stands on the wire. */
export interface ProtocolMessage {
  /** The letter it begins with, such as `'Q'` or `'Z'`; empty for what has none: start-up packets and encrypted bytes. */
  readonly type: string
  readonly bytes: Buffer
}

/** Where a message's text begins: behind its letter and its length. */
export const BODY = 5

/**
 * Cuts the two byte streams of one connection into messages, wherever the borders of the chunks fall.
 *
 * What is no PostgreSQL, or is encrypted, passes in the chunks it comes in.
 * Source: PostgreSQL's documentation, "Frontend/Backend Protocol", "Message Flow" and "Message Formats".
 */
export class Conversation {
  #phase: Phase = 'startup'
  readonly #client = new Splitter()
  readonly #server = new Splitter()

  /** @returns the messages that are whole with this chunk from the client */
  fromClient(chunk: Buffer): ProtocolMessage[] {
    return this.#client.split(chunk, {
      lengthOf: (rest) => (this.#phase === 'startup' ? startupLength(rest) : lengthIn(this.#phase, rest)),
      typeOf: (bytes) => this.#hearClient(bytes),
    })
  }

  /** @returns the messages that are whole with this chunk from the server */
  fromServer(chunk: Buffer): ProtocolMessage[] {
    return this.#server.split(chunk, {
      lengthOf: (rest) => (this.#phase === 'asked' ? 1 : lengthIn(this.#phase, rest)),
      typeOf: (bytes) => this.#hearServer(bytes),
    })
  }

  #hearClient(bytes: Buffer): string {
    if (this.#phase === 'messages') return letterOf(bytes)
    if (this.#phase === 'startup') this.#phase = phaseAfterStartup(bytes)
    return ''
  }

  #hearServer(bytes: Buffer): string {
    if (this.#phase === 'messages') return letterOf(bytes)
    // The one byte that answers a request for encryption: N is no, then the client begins anew.
    if (this.#phase === 'asked') this.#phase = letterOf(bytes) === 'N' ? 'startup' : 'opaque'
    return ''
  }
}

/** Before the first packet · after a request for encryption · messages with letters · what we cannot read. */
type Phase = 'startup' | 'asked' | 'messages' | 'opaque'

const SSL_REQUEST = 80877103
const GSSENC_REQUEST = 80877104
const CANCEL_REQUEST = 80877102
/** PostgreSQL itself refuses start-up packets beyond it. */
const LONGEST_STARTUP = 10_000

function phaseAfterStartup(bytes: Buffer): Phase {
  const isPostgres = bytes.length >= 8 && bytes.readInt32BE(0) === bytes.length
  const code = isPostgres ? bytes.readInt32BE(4) : undefined
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) return 'asked'
  return code === undefined || code === CANCEL_REQUEST ? 'opaque' : 'messages'
}

function startupLength(rest: Buffer): number {
  if (rest.length < 4) return 4
  const length = rest.readInt32BE(0)
  return length >= 8 && length <= LONGEST_STARTUP ? length : rest.length
}

function lengthIn(phase: Phase, rest: Buffer): number {
  if (phase !== 'messages') return Math.max(1, rest.length)
  return rest.length < BODY ? BODY : Math.max(BODY, 1 + rest.readInt32BE(1))
}

function letterOf(bytes: Buffer): string {
  return String.fromCharCode(bytes[0] as number)
}

/** How {@link Splitter} learns where a message ends. Asked anew for each message, because one changes how the next looks. */
interface Grammar {
  /** Length of the message that `rest` begins with, or how many bytes are needed to tell. */
  lengthOf(rest: Buffer): number
  typeOf(bytes: Buffer): string
}

class Splitter {
  #chunks: Buffer[] = []
  #size = 0
  #wanted = 1

  split(chunk: Buffer, { lengthOf, typeOf }: Grammar): ProtocolMessage[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    // Joined only when it suffices for a message: joining at each chunk of a big one would take quadratic time.
    if (this.#size < this.#wanted) return []
    const messages: ProtocolMessage[] = []
    let rest = Buffer.concat(this.#chunks)
    for (this.#wanted = lengthOf(rest); rest.length >= this.#wanted; this.#wanted = lengthOf(rest)) {
      const bytes = rest.subarray(0, this.#wanted)
      rest = rest.subarray(this.#wanted)
      messages.push({ type: typeOf(bytes), bytes })
    }
    this.#chunks = [rest]
    this.#size = rest.length
    return messages
  }
}
