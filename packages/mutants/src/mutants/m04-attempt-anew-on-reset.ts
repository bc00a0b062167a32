import type { Mutant } from '../mutant.ts'

export const attemptAnewOnReset: Mutant = {
  name: 'M4',
  bug: 'A reset begins to count attempts anew, so that an attempt before it looks like one after it (ABA)',
  origin: 'go-jobqueue, whose reset sets its only counter to 0',
  breaks: ['P7', 'I3', 'I4'],
  edits: [
    { file: 'schema/functions/reset_job.sql', old: '~j.priority, ended.attempt,', new: '~j.priority, 0,' },
    {
      file: 'schema/functions/reset_job.sql',
      old: '~j.priority, place.attempt,',
      new: '~j.priority, 0,',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'begins anew unless it runs',
      says: /`resetJob` · succeeded .*attempt is 0, not 5/,
    },
    {
      room: 'worker',
      file: 'test/conformance-jobs.pg.test.ts',
      test: 'number never falls, whatever is done to a job',
      says: /AssertionError/,
    },
  ],
}
