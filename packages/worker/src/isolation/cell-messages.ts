import type { Json } from '@jq/core'
import type { CarriedError } from './carried-error.ts'

/** What a cell is told: the thread or process in which an isolated handler runs, one job at a time. */
export type CellTold =
  | {
      readonly tell: 'run'
      /** Of the module whose default export is the handler. */
      readonly file: string
      readonly payload: unknown
      readonly job: unknown
      readonly fence: { readonly jobId: string; readonly attempt: number }
    }
  | { readonly tell: 'abort'; readonly reason: CarriedError }
  /** What came of something that it asked for. */
  | { readonly tell: 'answer'; readonly to: number; readonly refusal: CarriedError | null }

/** What a cell says. */
export type CellSaid =
  | { readonly said: 'returned'; readonly result: unknown }
  | { readonly said: 'threw'; readonly error: CarriedError }
  /** Something was thrown that nobody catches: it ends. */
  | { readonly said: 'broke'; readonly error: CarriedError }
  | { readonly said: 'progress'; readonly asks: number; readonly progress: Json }
  | {
      readonly said: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly fields: object
      readonly message: string | undefined
    }
