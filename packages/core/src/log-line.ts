import type { Json } from './json.ts'

/** One line of `context.log`. */
export interface LogLine {
  readonly attempt: number
  readonly at: Date
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string | null
  readonly fields: Json
}

export interface LogPage {
  readonly lines: readonly LogLine[]
  readonly next: string | null
}
