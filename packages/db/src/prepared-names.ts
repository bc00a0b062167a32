import { createHash } from 'node:crypto'

/** Names that follow from the texts of statements: on a connection that others use too, one name never means two of them. */
export class PreparedNames {
  readonly #names = new Map<string, string>()

  of(text: string): string {
    const name = this.#names.get(text) ?? nameOf(text)
    this.#names.set(text, name)
    return name
  }
}

function nameOf(text: string): string {
  return `jobqueue_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}
