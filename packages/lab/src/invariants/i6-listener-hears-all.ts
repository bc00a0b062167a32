import { deeds } from '../history/history-event.ts'
import type { Finding, Invariant } from './invariant.ts'

export const listenerHearsAll: Invariant = {
  id: 'I6',
  what: 'the named listener was told every stop of a job, every end of an attempt that is retried, and every stop of a bundle',
  check({ history, state }) {
    const jobs = new Set(deeds(history, 'toldJob').map(({ jobId, attempt }) => `${jobId} ${attempt}`))
    const bundles = new Set(deeds(history, 'toldBundle').map(({ bundleId, epoch }) => `${bundleId} ${epoch}`))
    const bySeq = new Map(state.jobs.map((job) => [job.seq, job]))
    const missed = state.journal.flatMap(({ what, seq, attempt, outcome }): Finding[] => {
      const isEnd = what === 'stopped' || (what === 'kept' && outcome !== 'r' && outcome !== 'z')
      const job = bySeq.get(seq ?? '')
      if (!isEnd || job === undefined || jobs.has(`${job.id} ${attempt}`)) return []
      return [
        {
          text: `nobody was told the end of attempt ${attempt} of ${job.label}`,
          jobId: job.id,
          seq: job.seq,
        },
      ]
    })
    const silent = state.bundles.flatMap(({ id, epoch }) =>
      Array.from({ length: epoch }, (_, place) => place + 1)
        .filter((one) => !bundles.has(`${id} ${one}`))
        .map((one) => ({ text: `nobody was told stop ${one} of bundle ${id}`, bundleId: id })),
    )
    return [...missed, ...silent]
  },
}
