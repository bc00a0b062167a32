import type { Mutant } from '../mutant.ts'

export const idMadeAtEachTry: Mutant = {
  name: 'M14',
  bug: 'The id of a job is made when it is stored, so that an add that is repeated after a lost reply adds it twice',
  origin: 'queues whose ids are made by the server: 400 jobs of 200 adds',
  nearest: 'Made by the client at each try, which to the database is the same.',
  breaks: ['P3'],
  edits: [
    {
      file: 'packages/db/src/add-lane.ts',
      old: "import type { PreparedJob } from '@jq/core/internal'",
      new: "import { newId, type PreparedJob } from '@jq/core/internal'",
    },
    {
      file: 'packages/db/src/add-lane.ts',
      old: 'this.#statement(jobs, patience, { repeats })',
      new: 'this.#statement(repeats ? jobs.map((job) => ({ ...job, id: newId() })) : jobs, patience, { repeats })',
    },
  ],
  kills: [
    {
      room: 'db',
      file: 'test/lost-commits.pg.test.ts',
      test: 'two hundred adds whose commit reply is lost are two hundred jobs',
      says: /AssertionError/,
    },
  ],
}
