import { styleText } from 'node:util'
import { aligned, type Column } from './columns.ts'
import type { Surroundings } from './surroundings.ts'

/** Where a command's words go: data to stdout, talk to stderr. */
export interface Output {
  /** True where programs read: data are JSON then. */
  readonly json: boolean
  /** True where stdout is a terminal and somebody watches. */
  readonly isWatched: boolean
  /** False once whoever read our stdout has left, as `head` does. */
  readonly isRead: boolean
  /** A value, as one line of JSON or as lines for people. */
  data(value: unknown, lines: readonly string[]): Promise<void>
  /** Rows, as JSON of `value` or in columns. */
  table<Row>(value: unknown, rows: readonly Row[], columns: readonly Column<Row>[]): Promise<void>
  /** A text as it is, to stdout; resolves when there is room for the next. */
  write(text: string): Promise<void>
  /** Talk. */
  say(text: string): void
}

/** How a command speaks in these surroundings. */
export function outputTo({ env, stdout, stderr }: Surroundings, json: boolean): Output {
  const isWatched = stdout.isTTY === true
  const bold = (text: string) =>
    isWatched && !env.NO_COLOR ? styleText('bold', text, { validateStream: false }) : text
  let isRead = true
  stdout.on('error', () => {
    isRead = false
  })
  const write = (text: string): Promise<void> =>
    isRead ? new Promise((resolve) => stdout.write(text, () => resolve())) : Promise.resolve()
  const data = (value: unknown, lines: readonly string[]) =>
    write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
  return {
    json,
    isWatched,
    get isRead() {
      return isRead
    },
    data,
    table(value, rows, columns) {
      if (json) return data(value, [])
      const [heading = '', ...lines] = aligned(rows, columns, isWatched ? stdout.columns : undefined)
      return data(value, rows.length === 0 ? [] : [bold(heading), ...lines])
    },
    write,
    say: (text) => void stderr.write(`${text}\n`),
  }
}
