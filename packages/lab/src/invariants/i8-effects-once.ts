import { grouped } from './grouped.ts'
import type { Finding, Invariant } from './invariant.ts'

export const effectsOnce: Invariant = {
  id: 'I8',
  what: 'what a handler wrote in its transaction is there exactly once for each success, with its attempt, and not at all otherwise',
  check({ state }) {
    const effects = grouped(state.effects, ({ jobId }) => jobId)
    const successes = grouped(
      state.journal.filter(({ what, outcome }) => what === 'stopped' && outcome === 's'),
      ({ seq }) => seq,
    )
    return state.jobs
      .filter(({ does }) => does.startsWith('effect'))
      .flatMap(({ id, seq, label }): Finding[] => {
        const written = (effects.get(id) ?? []).map(({ attempt }) => attempt).toSorted((a, b) => a - b)
        const meant = (successes.get(seq) ?? []).map(({ attempt }) => attempt)
        if (String(written) === String(meant)) return []
        const text = `${label} succeeded at the attempts [${meant}], and wrote at [${written}]`
        return [{ text, jobId: id, seq }]
      })
  },
}
