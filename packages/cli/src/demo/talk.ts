/** How the demo speaks to whoever watches it. */
export interface Talk {
  say(text: string): void
  /** How much of the work is done. Called often; shows what a reader can follow. */
  progress(done: number, total: number): void
}

/** What a terminal and a file have in common. */
export interface Listener {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** A bar that grows in place on a terminal, else a plain line at most once a second. */
export function talkTo(listener: Listener, now: () => number = () => performance.now()): Talk {
  return listener.isTTY ? talkToTerminal(listener) : talkInLines(listener, now)
}

function talkToTerminal(listener: Listener): Talk {
  return {
    // The bar is gone then, and comes back with the next progress.
    say(text) {
      listener.write(`${CLEAR_LINE}${text}\n`)
    },
    progress(done, total) {
      listener.write(`${CLEAR_LINE}${done < total ? barOf(done, total, listener.columns || 80) : ''}`)
    },
  }
}

const CLEAR_LINE = '\r\x1b[2K'

function barOf(done: number, total: number, columns: number): string {
  const label = ` ${count(done)} of ${count(total)}`
  // A line that fills the terminal's width would wrap, and could not be cleared.
  const room = Math.max(0, Math.min(60, columns - label.length - 3))
  const full = Math.floor((room * done) / total)
  return `[${'#'.repeat(full)}${'.'.repeat(room - full)}]${label}`
}

function talkInLines(listener: Listener, now: () => number): Talk {
  let saidAt = Number.NEGATIVE_INFINITY
  let saidDone = -1
  return {
    say(text) {
      listener.write(`${text}\n`)
    },
    progress(done, total) {
      if (done === saidDone || (done < total && now() - saidAt < 1_000)) return
      saidAt = now()
      saidDone = done
      listener.write(`  ${count(done)} of ${count(total)}\n`)
    },
  }
}

/** A number with commas, for people. */
export function count(number: number): string {
  return number.toLocaleString('en-US')
}

/** `1 job`, `1,234 jobs`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`
}
