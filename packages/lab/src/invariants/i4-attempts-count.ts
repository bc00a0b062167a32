import { deeds } from '../history/history-event.ts'
import { grouped } from './grouped.ts'
import type { Finding, Invariant } from './invariant.ts'

export const attemptsCount: Invariant = {
  id: 'I4',
  what: 'the attempts of a job are 1, 2, 3 … without a gap or a repeat, and each is started by one process at most, once',
  check({ history, state }) {
    const claims = grouped(
      state.journal.filter(({ what }) => what === 'claimed'),
      ({ seq }) => seq,
    )
    const starts = grouped(deeds(history, 'started'), ({ jobId, attempt }) => `${jobId} ${attempt}`)
    return [
      ...[...claims].flatMap(([seq, rows]): Finding[] => {
        const attempts = rows.map(({ attempt }) => attempt)
        if (attempts.every((attempt, place) => attempt === place + 1)) return []
        return [{ text: `the attempts of seq ${seq} are ${attempts.join(', ')}`, seq }]
      }),
      ...[...starts]
        .filter(([, all]) => all.length > 1)
        .map(([, [first, ...others]]) => ({
          text: `attempt ${first?.attempt} of ${first?.label} was started ${others.length + 1} times`,
          jobId: first?.jobId,
        })),
    ]
  },
}
