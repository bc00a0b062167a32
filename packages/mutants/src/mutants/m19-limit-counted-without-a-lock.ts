import type { Mutant } from '../mutant.ts'

export const limitCountedWithoutALock: Mutant = {
  name: 'M19',
  bug: 'What runs of a limited type is counted, and then more is claimed',
  origin:
    'janbjorge/pgqueuer #761, windmill-labs/windmill #2216, flyerhzm/resque-restriction #25: two claims at the same moment see the same room',
  nearest: 'The short way of a claim that has room for all is broken with it.',
  breaks: ['P19', 'I13'],
  edits: [
    {
      file: 'schema/functions/plan_claim.sql',
      old: 'order by k.type for no key update of k\n',
      new: 'order by k.type\n',
    },
    {
      file: 'schema/functions/take_room.sql',
      old: 'select * into l from type_limit k where k.type = its_type for no key update skip locked;',
      new: 'select * into l from type_limit k where k.type = its_type;',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-limits.pg.test.ts',
      test: 'a limit holds, whatever workers do at the same moment and whoever of them dies',
      says: /to be less than or equal to/,
    },
  ],
}
