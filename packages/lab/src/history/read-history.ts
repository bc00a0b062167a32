import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryEvent } from './history-event.ts'

/** What all processes wrote into this directory, in the order of the machine's clock. A line that a death cut short is left out. */
export function readHistory(directory: string): readonly HistoryEvent[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.jsonl'))
  const events = files.flatMap((name) =>
    readFileSync(join(directory, name), 'utf8').split('\n').flatMap(parsed),
  )
  return events.sort((a, b) => a.at - b.at)
}

function parsed(line: string): HistoryEvent[] {
  try {
    return [JSON.parse(line) as HistoryEvent]
  } catch {
    return []
  }
}
