import type { Mutant } from '../mutant.ts'

export const resumedATickLate: Mutant = {
  name: 'M25',
  bug: 'A schedule that is resumed before its next tick goes on with the one after it',
  origin:
    'this queue, until its random walks knew schedules; NousResearch/hermes-agent #45018 is another that resumes later than it was planned',
  breaks: ['P18', 'I14'],
  edits: [
    {
      file: 'packages/core/src/schedule-times.ts',
      old: '  if (times.rule === null && next !== null && next > now) return next\n',
      new: '',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-schedules.pg.test.ts',
      test: 'that is paused has no tick, and what falls into the pause is not made up for',
      says: /AssertionError/,
    },
    {
      room: 'worker',
      file: 'test/model.test.ts',
      test: 'in memory, a queue is what its model says after each step of random walks, which lead everywhere',
      says: /schedule .* next at /,
    },
  ],
}
