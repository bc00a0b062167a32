import type { Mutant } from '../mutant.ts'

export const failedBundleDeleted: Mutant = {
  name: 'M21',
  bug: 'A bundle that asked to be deleted after a success is deleted after any end',
  origin: 'breamware/sidekiq-batch #27: the end of a batch is told as a success although its job failed',
  breaks: ['P14'],
  edits: [
    {
      file: 'schema/functions/outdated.sql',
      old: 'k.stopped_at is not null and k.num_failed = 0 and k.stopped_at',
      new: 'k.stopped_at is not null and k.stopped_at',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'is cleared away once it succeeded, with its bundle or of none',
      says: /`deleteOnSuccess`.* failed .*/,
    },
  ],
}
