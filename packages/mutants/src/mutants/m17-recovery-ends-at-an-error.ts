import type { Mutant } from '../mutant.ts'

export const recoveryEndsAtAnError: Mutant = {
  name: 'M17',
  bug: 'The loop that looks for the dead ends at an error of the moment',
  origin: 'dbos-inc/dbos-transact-py #716, procrastinate #1408: a restart during recovery strands work',
  breaks: ['P8', 'P20', 'I7', 'I16'],
  edits: [
    {
      file: 'packages/worker/src/upkeep.ts',
      old: 'if (error instanceof ClosedError) return // the queue comes back no more',
      new: 'if (error instanceof Error || error instanceof ClosedError) return',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/upkeep.test.ts',
      test: 'a look that fails is made again, and frees what the dead held',
      says: /Waited .* in vain until/,
    },
  ],
}
