import type { Page } from './job-queue.ts'
import { checkedLimit, checkedPage, noPage } from './job-wish.ts'
import type { LogLine } from './log-line.ts'

/** A page of the lines of one job. */
export interface LogWish {
  /** The line behind which the page begins. */
  readonly after: { readonly attempt: number; readonly line: number } | undefined
  readonly limit: number
}

/** From the least to the most urgent. */
export const logLevels: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error']

/** Refuses pages that no answer can have. */
export function checkedLogWish(page: Page): LogWish {
  const { limit, after } = checkedPage(page)
  const place = after === undefined ? undefined : /^(\d{1,9})\.(\d{1,9})$/.exec(after)
  if (place === null) throw noPage()
  return {
    limit: checkedLimit(limit),
    after: place && { attempt: Number(place[1]), line: Number(place[2]) },
  }
}

/** Where the page after this line begins. */
export function logPlace({ attempt, line }: { attempt: number; line: number }): string {
  return `${attempt}.${line}`
}
