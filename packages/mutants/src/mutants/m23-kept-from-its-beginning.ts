import type { Mutant } from '../mutant.ts'

export const keptFromItsBeginning: Mutant = {
  name: 'M23',
  bug: 'How long a stopped job is kept is counted from when it was added, so that one which waited or ran for long is gone at once',
  origin: 'Abhash-Chakraborty/Find #299, and whatever clears up by `created_at`',
  breaks: ['P3'],
  edits: [
    {
      file: 'schema/functions/outdated.sql',
      old: 'return was_kept(outcome, stopped_at, keeps_succeeded, keeps_failed)',
      new: 'return was_kept(outcome, (select j.created_at from job j where j.seq = job_seq), keeps_succeeded, keeps_failed)',
    },
    {
      file: 'schema/functions/outdated.sql',
      old: 'was_kept(one.outcome, one.stopped_at, keeps_succeeded, keeps_failed)',
      new: 'was_kept(one.outcome, one.created_at, keeps_succeeded, keeps_failed)',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/retention.pg.test.ts',
      test: 'finds a job that stopped long after the jobs around it were swept',
      says: /AssertionError/,
    },
  ],
}
