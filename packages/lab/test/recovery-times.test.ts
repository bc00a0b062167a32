import { expect, test } from 'vitest'
import type { JournalRow } from '../src/database/journal.ts'
import type { HistoryEvent } from '../src/history/history-event.ts'
import { documented } from '../src/report/documented.ts'
import { recoveryTimes } from '../src/report/recovery-times.ts'
import type { Result } from '../src/report/results.ts'
import { aSoundRun } from './a-sound-run.ts'
import { played } from './played.ts'

/** The wall clock's time at 0 of the machine's. */
const BEGAN = 1_700_000_000_000

test('P8 an attempt of a killed process is timed from the kill to its end, and to the start of the next one', () => {
  const evidence = run([kill({ from: 1_000, at: 1_030 }), start({ attempt: 2, at: 3_250 })], [crash(3_100)])
  expect(recoveryTimes(evidence)).toEqual({ ended: [2_100], again: [2_250] })
})

test('P8 an attempt that another fault had ended before the kill is not timed', () => {
  const evidence = run([kill({ from: 1_000, at: 1_030 })], [crash(900)])
  expect(recoveryTimes(evidence)).toEqual({ ended: [], again: [] })
})

test('P8 an attempt of another process, and one that ended otherwise, are not timed', () => {
  const others = [
    { ...crash(3_000), workerId: 'w2' },
    { ...crash(3_000), outcome: 'f' },
  ]
  expect(recoveryTimes(run([kill({ from: 1_000, at: 1_030 })], others)).ended).toEqual([])
})

test('P8 a job that never ran again is timed to its end alone', () => {
  const evidence = run([kill({ from: 1_000, at: 1_030 }), start({ attempt: 1, at: 500 })], [crash(3_100)])
  expect(recoveryTimes(evidence)).toEqual({ ended: [2_100], again: [] })
})

test('P8 the page adds the times of all runs up, apart for those in which nothing else struck', () => {
  const page = documented('<!-- lab:recovery -->\n<!-- /lab:recovery -->\n', [
    result({ ended: [1_000, 2_000], again: [2_000, 9_040] }, { kill: 1, pause: 2 }),
    result({ ended: [1_600], again: [1_700] }, { kill: 1, pause: 0 }),
    result(null, { kill: 1 }),
    result(undefined, { kill: 1 }),
  ])
  expect(page).toContain('| was ended, among other faults | 2 | 1.0 s | 2.0 s | 2.0 s |')
  expect(page).toContain('| ran again, among other faults | 2 | 2.0 s | 9.0 s | 9.0 s |')
  expect(page).toContain('| ran again, where nothing else struck | 1 | 1.7 s | 1.7 s | 1.7 s |')
})

function run(events: readonly Partial<HistoryEvent>[], journal: readonly Partial<JournalRow>[]) {
  const sound = aSoundRun({ without: ({ did }) => did === 'started' })
  const rows = journal.map((row, place) => ({ id: place, ...row }) as JournalRow)
  return {
    history: [...sound.history, ...(events as HistoryEvent[])],
    state: { ...sound.state, journal: rows },
  }
}

function kill({ from, at }: { from: number; at: number }): Partial<HistoryEvent> {
  return {
    did: 'fault',
    fault: 'kill',
    victim: 'worker-1',
    workerId: 'w1',
    from,
    at,
    date: BEGAN + at,
    done: {},
  }
}

function start({ attempt, at }: { attempt: number; at: number }): Partial<HistoryEvent> {
  return { did: 'started', jobId: 'job-1', label: 'p:1', does: 'end', attempt, workerId: 'w2', at, date: 0 }
}

/** The end of the first attempt of the first job, which w1 held. */
function crash(at: number): Partial<JournalRow> {
  return { what: 'kept', seq: '1', attempt: 1, workerId: 'w1', outcome: 'k', at: BEGAN + at }
}

function result(recovery: Result['recovery'], struck: Record<string, number>): Result {
  const faults = Object.fromEntries(
    Object.entries(struck).map(([name, n]) => [name, { struck: n, landed: n }]),
  )
  return { ...played, faults, ...(recovery !== undefined && { recovery }) }
}
