import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

/** Counting is bounded: the newest bundles that have no more members together than this. */
const MEMBERS = 200_000

/** Do the counts of bundles agree with their members, and has each stopped that shall have? */
export async function lookAtBundles({ ask }: Patient): Promise<Verdict> {
  const [row] = await ask<{ looked: number; wrong: string[] | null }>(
    `with recent as materialized (
      select * from (select b.*, sum(b.num_jobs) over (order by b.created_at desc, b.id) as members from $schema.job_bundle b) counted
      where members <= $1 and id not in (select half_gone from $schema.sweep where half_gone is not null)
    )
    select count(*)::int as looked, array_agg(b.id::text) filter (where
      (b.num_jobs, b.num_stopped, b.num_failed) is distinct from (m.jobs, m.stopped, m.failed)
      or b.stopped_at is not null is distinct from (b.sealed and m.stopped = m.jobs)) as wrong
    from recent b cross join lateral (
      select count(*)::int as jobs, count(s.seq)::int as stopped, (count(*) filter (where s.outcome <> 's'))::int as failed
      from $schema.job j left join $schema.job_stopped s on s.seq = j.seq where j.bundle_id = b.id
    ) m`,
    [MEMBERS],
  )
  const { looked = 0, wrong } = row ?? {}
  if (wrong === null || wrong === undefined)
    return well(`The counts of ${looked} bundles agree with their members.`)
  return found(
    `The counts of ${wrong.length} bundles disagree with their members: ${wrong.slice(0, 3).join(', ')}${wrong.length > 3 ? ', …' : ''}.`,
    'Somebody has changed rows by hand, or this is a fault of ours: please report it with jobqueue bundles show ID.',
  )
}
