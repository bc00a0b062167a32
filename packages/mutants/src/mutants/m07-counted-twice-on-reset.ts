import type { Mutant } from '../mutant.ts'

export const countedTwiceOnReset: Mutant = {
  name: 'M7',
  bug: 'A member that is reset stays counted as stopped, and is counted again at its next end',
  origin: 'go-jobqueue: the event of a bundle fires while a member has never run',
  breaks: ['P14', 'I5'],
  edits: [
    {
      file: 'schema/functions/reset_job.sql',
      old: "array[ended.outcome <> 's'], -1, 0);",
      new: "array[ended.outcome <> 's'], 0, 0);",
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'begins anew unless it runs',
      says: /`resetJob` · succeeded · member .*bundle is 1 jobs, 1 stopped/,
    },
  ],
}
