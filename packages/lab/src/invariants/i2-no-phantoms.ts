import { deeds } from '../history/history-event.ts'
import type { Invariant } from './invariant.ts'

export const noPhantoms: Invariant = {
  id: 'I2',
  what: 'no job of a transaction that was rolled back is there, or ever started; nor one that nobody ordered',
  check({ history, state }) {
    const undone = new Set(deeds(history, 'rolledBack').flatMap(({ jobs }) => jobs.map(({ id }) => id)))
    const ordered = new Set(deeds(history, 'tried').flatMap(({ jobs }) => jobs.map(({ label }) => label)))
    const stands = state.jobs
      .filter(({ id }) => undone.has(id))
      .map(({ id, seq, label }) => ({ text: `${label} was rolled back, and is there`, jobId: id, seq }))
    const ran = deeds(history, 'started')
      .filter(({ jobId }) => undone.has(jobId))
      .map(({ jobId, label }) => ({ text: `${label} was rolled back, and started`, jobId }))
    // Jobs that a bundle's stop added have labels that nobody could write down with an id, but not less often than once.
    const alien = state.jobs
      .filter(({ label, bundleId }) => bundleId !== null && !ordered.has(label))
      .map(({ id, seq, label }) => ({ text: `${label} is a member that nobody ordered`, jobId: id, seq }))
    return [...stands, ...ran, ...alien]
  },
}
