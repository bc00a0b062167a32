import type { Mutant } from '../mutant.ts'

export const stopDropsOutcomes: Mutant = {
  name: 'M15',
  bug: 'A process that stops drops outcomes that are on their way',
  origin: 'rails/solid_queue #455 and queues that end their loop before its last write',
  breaks: ['P17', 'I1', 'I17'],
  edits: [
    {
      file: 'packages/worker/src/drained.ts',
      old: '  const patience = new Rest()\n',
      new: '  pump.abandonOutcomes()\n  const patience = new Rest()\n',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/lab.lab.test.ts',
      test: 'stops under load lose nothing and double nothing',
      says: /AssertionError/,
    },
  ],
}
