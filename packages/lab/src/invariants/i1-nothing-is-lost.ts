import { deeds } from '../history/history-event.ts'
import { ACTS, type Act } from '../jobs/lab-job.ts'
import type { Invariant } from './invariant.ts'

/** A job that runs in a thread of its own starts where nobody writes a history. */
const UNSEEN = 'eat'

export const nothingIsLost: Invariant = {
  id: 'I1',
  what: 'every acknowledged job ended as it was ordered, and was started at least once',
  check({ history, state }) {
    const jobs = new Map(state.jobs.map((job) => [job.id, job]))
    const started = new Set(deeds(history, 'started').map(({ jobId }) => jobId))
    const acked = deeds(history, 'acked').flatMap((event) => event.jobs)
    return acked.flatMap(({ id, does, label }) => {
      const job = jobs.get(id)
      const lost = (why: string) => [
        { text: `${label} (${does}) was acknowledged, ${why}`, jobId: id, seq: job?.seq },
      ]
      if (job === undefined) return lost('and is not there')
      if (job.state !== ACTS[does as Act]) return lost(`and is ${job.state} instead of ${ACTS[does as Act]}`)
      if (does !== UNSEEN && !started.has(id)) return lost(`is ${job.state}, and never started`)
      return []
    })
  },
}
