import type { Mutant } from '../mutant.ts'

export const bundleGoneBeforeItsFollowers: Mutant = {
  name: 'M22',
  bug: 'A bundle is cleared away while what its end has added still waits to be done',
  origin: 'bensheldon/good_job #1387 and #1528: the job that a batch has called back finds no batch',
  breaks: ['P14'],
  edits: [
    {
      file: 'schema/functions/outdated.sql',
      old: '  return exists (\n    select from generate_series(1, b.epoch) as past (epoch)',
      new: '  return false and exists (\n    select from generate_series(1, b.epoch) as past (epoch)',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/retention.pg.test.ts',
      test: 'not while a job that its stop has added is unfinished',
      says: /AssertionError|NotFoundError/,
    },
  ],
}
