import type { Mutant } from '../mutant.ts'

export const noPoll: Mutant = {
  name: 'M13',
  bug: 'A process looks for work only when it is notified',
  origin: 'queues that trust LISTEN, behind a transaction pooler',
  breaks: ['P16'],
  edits: [
    {
      file: 'packages/worker/src/upkeep.ts',
      old: 'const poll = this.#asleep ? this.#around.pollMs : Math.min(this.#around.pollMs, AWAKE_MS)',
      new: 'const poll = AWAKE_MS * 1_000_000',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/upkeep.pg.test.ts',
      test: 'what is added while a process sleeps and hears nothing is found by its poll',
      says: /Waited .* in vain until/,
    },
  ],
}
