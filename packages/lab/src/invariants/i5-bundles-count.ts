import { grouped } from './grouped.ts'
import type { Finding, Invariant } from './invariant.ts'

export const bundlesCount: Invariant = {
  id: 'I5',
  what: "at every commit that was looked at a bundle's numbers are those of its members; it stops once per epoch, never before its last member",
  check({ state }) {
    const members = grouped(state.jobs, ({ bundleId }) => bundleId)
    const firstStops = new Map<string, number>()
    for (const { what, seq, id } of state.journal)
      if (what === 'stopped' && seq !== null && !firstStops.has(seq)) firstStops.set(seq, id)
    const stops = grouped(
      state.journal.filter(({ what }) => what === 'toldBundle'),
      ({ bundleId }) => bundleId,
    )
    const broken = state.broken.map((text): Finding => ({ text }))
    const wrong = state.bundles.flatMap(({ id, epoch, isStopped }): Finding[] => {
      const told = stops.get(id) ?? []
      const epochs = told.map((stop) => stop.epoch)
      const found = (text: string) => ({ text: `bundle ${id} ${text}`, bundleId: id })
      if (!isStopped) return [found('never stopped')]
      if (epochs.length !== epoch || epochs.some((one, place) => one !== place + 1))
        return [found(`is in epoch ${epoch}, and told the stops ${epochs.join(', ') || 'of none'}`)]
      return (members.get(id) ?? [])
        .filter(({ seq }) => (firstStops.get(seq) ?? Number.POSITIVE_INFINITY) > (told[0]?.id ?? 0))
        .map(({ label }) => found(`stopped before its member ${label}`))
    })
    return [...broken, ...wrong]
  },
}
