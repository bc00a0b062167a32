import type { Mutant } from '../mutant.ts'

export const poisonedClientGivenBack: Mutant = {
  name: 'M18',
  bug: 'A client whose statement got no answer goes back into the pool, and poisons the next',
  origin: 'brianc/node-postgres #3399, in whatever calls `release()` after an error',
  nearest:
    'Nor are the other connections of that time replaced, which a hang does here: they would take the poisoned one along.',
  breaks: ['P20', 'I16'],
  edits: [
    {
      file: 'packages/db/src/database.ts',
      old: 'client.release(broken)\n      if (broken !== undefined) destroySocket(client)',
      new: 'client.release()',
    },
    { file: 'packages/db/src/database.ts', old: 'if (isHang(error)) this.#doubtAll()', new: 'void isHang' },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/quiet.lab.test.ts',
      test: 'where one statement has hung, no idle connection lets another one hang',
      says: /Waited .* in vain until|AssertionError/,
    },
  ],
}
