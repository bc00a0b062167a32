import type { JournalRow } from '../database/journal.ts'
import { deeds } from '../history/history-event.ts'
import { grouped } from './grouped.ts'
import type { Finding, Invariant } from './invariant.ts'

export const oneRecord: Invariant = {
  id: 'I3',
  what: 'at most one end of an attempt is recorded, at most one stop between two resets, none by a stale attempt, and the result is that of the attempt',
  check({ history, state }) {
    const journal = grouped(state.journal, ({ seq }) => seq)
    return [
      ...[...journal].flatMap(([seq, rows]) => [...endsOf(seq, rows), ...stopsOf(seq, rows)]),
      ...state.jobs.flatMap(({ id, seq, label, attempt, workerId, result }): Finding[] => {
        const isForeign =
          (result?.attempt !== undefined && result.attempt !== attempt) ||
          (result?.workerId !== undefined && result.workerId !== workerId)
        if (!isForeign) return []
        const text = `${label} stopped at attempt ${attempt} of ${workerId}, with the result of attempt ${result?.attempt} of ${result?.workerId}`
        return [{ text, jobId: id, seq }]
      }),
      ...deeds(history, 'recorded').flatMap(({ seq, attempt, workerId, kind }): Finding[] => {
        const wasClaimed = (journal.get(seq) ?? []).some(
          (row) => row.what === 'claimed' && row.attempt === attempt && row.workerId === workerId,
        )
        if (wasClaimed) return []
        return [
          { text: `${kind} of attempt ${attempt} by ${workerId} was accepted, which was never its own`, seq },
        ]
      }),
    ]
  },
}

function endsOf(seq: string, rows: readonly JournalRow[]): Finding[] {
  const ends = grouped(
    rows.filter(({ what }) => what === 'ended'),
    ({ attempt }) => String(attempt),
  )
  return [...ends]
    .filter(([, all]) => all.length > 1)
    .map(([attempt, all]) => ({ text: `attempt ${attempt} of seq ${seq} ended ${all.length} times`, seq }))
}

/** Each stop must be of the attempt claimed last, and no second one may follow without a reset between. */
function stopsOf(seq: string, rows: readonly JournalRow[]): Finding[] {
  const findings: Finding[] = []
  let claimed: JournalRow | undefined
  let isStopped = false
  for (const row of rows) {
    if (row.what === 'claimed') claimed = row
    if (row.what === 'unstopped') isStopped = false
    if (row.what !== 'stopped') continue
    if (isStopped) findings.push({ text: `seq ${seq} stopped a second time, at attempt ${row.attempt}`, seq })
    if (claimed !== undefined && row.workerId !== null && row.attempt !== claimed.attempt)
      findings.push({
        text: `seq ${seq} was stopped by attempt ${row.attempt}, while ${claimed.attempt} was current`,
        seq,
      })
    isStopped = true
  }
  return findings
}
