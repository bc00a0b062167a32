import type { Mutant } from '../mutant.ts'

export const heartbeatWithoutAttempt: Mutant = {
  name: 'M2',
  bug: 'A heartbeat asks for the job alone, neither for the attempt nor for the worker',
  origin: 'pg-boss and River, whose worker never learns that its attempt was replaced',
  nearest:
    'A heartbeat here renews the process, and asks which of its attempts are lost: it is that question that no longer names attempt and worker.',
  breaks: ['P5', 'I7'],
  edits: [
    {
      file: 'schema/functions/worker_life.sql',
      old: 'where g.seq = h.seq and case when g.attempt = h.attempt then g.worker_id = its_id else false end limit 1',
      new: 'where g.seq = h.seq limit 1',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-states.pg.test.ts',
      test: 'hears its handler only in its present attempt',
      says: /heartbeat · running · a stale attempt .*answer is held, not lost/,
    },
  ],
}
