import type { Mutant } from '../mutant.ts'

export const resetKeepsWhatWasSpent: Mutant = {
  name: 'M24',
  bug: 'A reset leaves what retries had been spent, so that the first failure after it is the last',
  origin: 'stackkit/laravel-google-cloud-tasks-queue #192, felixmosh/bull-board #737',
  breaks: ['P11'],
  edits: [
    {
      file: 'schema/functions/reset_job.sql',
      old: "insert into job_available (seq, type, group_key, rank, attempt, keyed)\n      values (j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, ended.attempt, j",
      new: "insert into job_available (seq, type, group_key, rank, attempt, retries, keyed)\n      values (j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, ended.attempt, ended.retries, j",
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'begins anew unless it runs',
      says: /`resetJob` · .*retries is 2, not 0/,
    },
  ],
}
