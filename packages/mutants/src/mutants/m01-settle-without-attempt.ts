import type { Mutant } from '../mutant.ts'

export const settleWithoutAttempt: Mutant = {
  name: 'M1',
  bug: 'An outcome is written by the job alone, whatever attempt it belongs to',
  origin:
    'go-jobqueue, Oban Basic and graphile-worker (where id), pg-boss and River (where the job still is active)',
  nearest: 'The worker is still asked for: a process that claims its own lost job again is the harder case.',
  breaks: ['P4', 'P7', 'I3', 'I5'],
  edits: [
    {
      file: 'schema/functions/settle_attempts.sql',
      old: 'where g.seq = u.seq and case when g.attempt = u.attempt then g.worker_id = u.worker_id else false end',
      new: 'where g.seq = u.seq and g.worker_id = u.worker_id',
    },
    {
      file: 'schema/functions/settle_succeeded.sql',
      old: ' and attempts[width_bucket(g.seq, seqs)] = g.attempt then',
      new: ' then',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'takes an outcome only of its present attempt',
      says: /settle: succeeded · running · a stale attempt .*answer is settled or lost, not lost/,
    },
  ],
}
