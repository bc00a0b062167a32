import type { Mutant } from '../mutant.ts'

export const limitInASubquery: Mutant = {
  name: 'M11',
  bug: 'The claim is an `in (select … limit n for update skip locked)`, which a nested loop runs again for each row',
  origin: 'the claim of many tutorials: 2,000 rows claimed where 5 were asked for',
  nearest:
    'The plans of a claim are pinned, so that no statistics lead it there: that the select names the type of the outer row does.',
  breaks: ['P4', 'P19'],
  edits: [
    {
      file: 'schema/functions/claim_jobs.sql',
      old: `using (
      select w.ctid, row_number() over () as place from unnest(places) as p (ctid)
      cross join lateral (select k.ctid from job_available k where k.ctid = p.ctid for update skip locked) w
      limit claim_jobs.room
    ) w
    where a.ctid = w.ctid
    returning`,
      new: `using (select 1 as place) w
    where a.seq in (
      select k.seq from job_available k where k.type = a.type and k.solo = alone
      order by k.rank, k.seq limit claim_jobs.room for update skip locked)
    returning`,
    },
  ],
  kills: [
    {
      room: 'db',
      file: 'test/claims-beside.pg.test.ts',
      test: 'takes what follows, and no more than it has room for',
      says: /expected \[ Array\(20\) \] to deeply equal \[ 1, 2, 3 \]/,
    },
  ],
}
