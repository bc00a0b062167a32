import type { Mutant } from '../mutant.ts'

export const clockOfTheWorker: Mutant = {
  name: 'M10',
  bug: "The reaper compares the worker's clock with the server's",
  origin: 'queues that write heartbeats and due times with the clock of the process',
  nearest: 'A beat brings along what the worker takes for the time, in the place of its version.',
  breaks: ['P10', 'P9'],
  edits: [
    {
      file: 'schema/functions/worker_life.sql',
      old: 'update worker set worker_alive_at = case when beats then now() end, stopped_at = null,',
      new: 'update worker set worker_alive_at = case when beats then its_version::timestamptz end, stopped_at = null,',
    },
    {
      file: 'schema/functions/worker_life.sql',
      old: 'its_dead_for, case when beats then now() end)',
      new: 'its_dead_for, case when beats then its_version::timestamptz end)',
    },
    {
      file: 'packages/db/src/statements/live-worker.ts',
      old: 'its_version: worker.version,',
      new: 'its_version: new Date().toISOString(),',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/lab.lab.test.ts',
      test: 'a worker whose clock is a day off neither robs the living nor spares the dead',
      says: /Waited .* in vain until|AssertionError/,
    },
  ],
}
