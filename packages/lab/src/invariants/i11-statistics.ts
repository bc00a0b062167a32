import type { Invariant } from './invariant.ts'

export const statisticsAgree: Invariant = {
  id: 'I11',
  what: 'what getStats answers is what the rows say',
  check({ state: { stats, counted } }) {
    const states = [...new Set([...Object.keys(stats), ...Object.keys(counted)])]
    return states
      .filter((state) => (stats[state] ?? 0) !== (counted[state] ?? 0))
      .map((state) => ({
        text: `${state}: getStats says ${stats[state] ?? 0}, the rows ${counted[state] ?? 0}`,
      }))
  },
}
