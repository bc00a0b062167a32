import { textOfName } from './file-name.ts'

/** The folders that could not be read: how many, and some of them by name. */
export class UnreadableFolders {
  #count = 0
  readonly #lines: string[] = []

  get count(): number {
    return this.#count
  }

  /** For people: `secret: EACCES: permission denied`. */
  get lines(): readonly string[] {
    return this.#lines
  }

  note(path: Buffer, error: NodeJS.ErrnoException): void {
    this.#count += 1
    if (this.#lines.length < MOST_NAMED) this.#lines.push(`${textOfName(path) || '.'}: ${reasonOf(error)}`)
  }
}

const MOST_NAMED = 10

/** Without the path at the end of Node's message, where names that are no UTF-8 are damaged. */
function reasonOf({ message }: Error): string {
  return message.replace(/, \w+ '.*$/s, '')
}
