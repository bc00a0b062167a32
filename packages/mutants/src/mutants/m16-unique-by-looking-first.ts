import type { Mutant } from '../mutant.ts'

export const uniqueByLookingFirst: Mutant = {
  name: 'M16',
  bug: 'A unique key is looked for, and then the job is added',
  origin: 'oban-bg/oban before its advisory locks, and every unique job that is a select before an insert',
  nearest: 'The key is a primary key all the same; whether it was taken meanwhile is no longer asked.',
  breaks: ['P19', 'I15'],
  edits: [
    {
      file: 'schema/functions/insert_jobs.sql',
      old: `    insert into job_key (key, seq) values (wanted, job_seq) on conflict (key) do nothing;
    exit when found;
    select j.id into holder from job_key k join job j on j.seq = k.seq where k.key = wanted;
    exit when found;`,
      new: `    select j.id into holder from job_key k join job j on j.seq = k.seq where k.key = wanted;
    exit when found;
    insert into job_key (key, seq) values (wanted, job_seq) on conflict (key) do nothing;
    exit;`,
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/interleavings.pg.test.ts',
      test: 'two adds of one unique key, in every order, are one job',
      says: /AssertionError/,
    },
  ],
}
