import { createHash } from 'node:crypto'

/** What is counted of one file. */
export interface FileCount {
  readonly bytes: number
  /** Newline characters, as `wc -l` counts them. */
  readonly lines: number
  /** Maximal runs of bytes other than 0x09 to 0x0D and 0x20. */
  readonly words: number
  /** Of the bytes, in hexadecimal digits. */
  readonly sha256: string
}

/** Counts what it is given piece by piece; where one piece ends and the next begins makes no difference. */
export class TextCounter {
  readonly #hash = createHash('sha256')
  #bytes = 0
  #lines = 0
  #words = 0
  #inWord = false

  add(piece: Uint8Array): void {
    this.#hash.update(piece)
    this.#bytes += piece.length
    // Local copies: the loop sees every byte of every file.
    let lines = 0
    let words = 0
    let inWord = this.#inWord
    for (const byte of piece) {
      if (byte === NEWLINE) lines++
      const isSpace = (byte >= 0x09 && byte <= 0x0d) || byte === 0x20
      if (!isSpace && !inWord) words++
      inWord = !isSpace
    }
    this.#lines += lines
    this.#words += words
    this.#inWord = inWord
  }

  /** The count of all pieces. Ends the counting. */
  count(): FileCount {
    return { bytes: this.#bytes, lines: this.#lines, words: this.#words, sha256: this.#hash.digest('hex') }
  }
}

const NEWLINE = 0x0a
