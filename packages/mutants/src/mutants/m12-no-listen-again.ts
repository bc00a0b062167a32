import type { Mutant } from '../mutant.ts'

export const noListenAgain: Mutant = {
  name: 'M12',
  bug: 'A LISTEN connection that is cut does not come back',
  origin: 'graphile/worker #541, bensheldon/good_job #303, taskforcesh/bullmq #4729',
  breaks: ['P15', 'P16'],
  edits: [
    {
      file: 'packages/db/src/listen-connection.ts',
      old: 'for (let tries = 1; !this.#closing.signal.aborted; tries++) {\n      const lived',
      new: 'for (let tries = 1; !this.#closing.signal.aborted && tries === 1; tries++) {\n      const lived',
    },
    {
      file: 'packages/db/src/listen-connection.ts',
      old: 'tries = lived ? 1 : tries\n',
      new: 'void lived\n',
    },
  ],
  kills: [
    {
      room: 'db',
      file: 'test/listen.pg.test.ts',
      test: 'a LISTEN connection that is ended comes back, and the listeners are told that they may have missed something',
      says: /Waited .* in vain until/,
    },
    {
      room: 'worker',
      file: 'test/lab.lab.test.ts',
      test: 'a LISTEN connection that is terminated comes back, and jobs added meanwhile start',
      says: /Waited .* in vain until/,
    },
  ],
}
