import type { HistoryEvent } from '../history/history-event.ts'
import type { Finding } from '../invariants/invariant.ts'
import type { Run } from '../run/run-seed.ts'

/** What a run says of itself, and the whole story of each job of which a rule did not hold. */
export function reportOf(run: Run): string {
  const { plan, faults, violations, evidence, directory } = run
  const classes = Object.entries(faults).map(([name, { struck, landed }]) => `${name} ${landed}/${struck}`)
  const acked = evidence.history.flatMap((event) => (event.did === 'acked' ? event.jobs : [])).length
  const verdict = violations.length === 0 ? '0 violations' : `${violations.length} VIOLATIONS`
  return [
    `seed ${plan.seed} (${plan.server}): ${verdict}, ${acked} acknowledged jobs; landed/struck: ${classes.join(', ')}`,
    ...violations.slice(0, 20).map((violation) => `  ${violation.invariant} ${violation.text}`),
    ...(violations.length > 20 ? [`  and ${violations.length - 20} more`] : []),
    ...violations.slice(0, 3).flatMap((violation) => storyOf(violation, run)),
    ...(violations.length > 0 ? [`  all histories: ${directory}`] : []),
  ].join('\n')
}

/** What the processes and the database say of this job or bundle. */
function storyOf(finding: Finding, { evidence: { history, state } }: Run): readonly string[] {
  const job = state.jobs.find(({ id, seq }) => id === finding.jobId || seq === finding.seq)
  const [id, seq] = [finding.jobId ?? job?.id, finding.seq ?? job?.seq]
  if (id === undefined && seq === undefined && finding.bundleId === undefined) return []
  const isOurs = (event: object) => {
    const line = JSON.stringify(event)
    return [id && `"${id}"`, seq && `"seq":"${seq}"`, finding.bundleId && `"${finding.bundleId}"`].some(
      (name) => name && line.includes(name),
    )
  }
  return [
    `  the story behind "${finding.text}":`,
    ...history.filter(isOurs).map((event) => `    ${shown(event)}`),
    ...state.journal.filter(isOurs).map((row) => `    database: ${JSON.stringify(row)}`),
    ...(job ? [`    in the end: ${JSON.stringify(job)}`] : []),
  ]
}

function shown({ by, at, date: _, ...deed }: HistoryEvent): string {
  return `${at.toFixed(1)} ${by}: ${JSON.stringify(deed).slice(0, 400)}`
}
