import { createHash } from 'node:crypto'

/** A name for a statement that follows from its text: on a connection that others use too, one name never means two statements. */
export function preparedName(text: string): string {
  return `jobqueue_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}
