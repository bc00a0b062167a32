import type { Mutant } from '../mutant.ts'

export const reapByReadingFirst: Mutant = {
  name: 'M3',
  bug: 'The reaper reads who is dead, and later ends their jobs by id, whatever has become of them meanwhile',
  origin: 'riverqueue/river #1302: a rescued job overwrites one that was completed',
  breaks: ['P4', 'P8', 'I3'],
  edits: [
    {
      file: 'schema/functions/look.sql',
      old: 'order by r.seq limit 500 for update of r skip locked',
      new: 'order by r.seq limit 500',
    },
    {
      file: 'schema/functions/settle_attempts.sql',
      old: 'where g.seq = u.seq and case when g.attempt = u.attempt',
      new: "where g.seq = u.seq and case when u.outcome = 'k' then true when g.attempt = u.attempt",
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/interleavings.pg.test.ts',
      test: 'a reaper that is held up after it has chosen, in every order, ends no later attempt',
      says: /AssertionError/,
    },
  ],
}
