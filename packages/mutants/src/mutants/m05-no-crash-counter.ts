import type { Mutant } from '../mutant.ts'

export const noCrashCounter: Mutant = {
  name: 'M5',
  bug: 'The reaper counts no crash, so that a job which kills its process does so for ever',
  origin: 'go-jobqueue, whose reaper puts back whatever lapsed',
  breaks: ['P11', 'P12', 'I16'],
  edits: [
    {
      file: 'schema/functions/settle_attempts.sql',
      old: "d.crashes + (d.outcome = 'k')::int end::smallint",
      new: 'd.crashes end::smallint',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'is taken from a silent process, and from no other',
      says: /below the limit of crashes · running .*crashes is 0, not 1/,
    },
  ],
}
