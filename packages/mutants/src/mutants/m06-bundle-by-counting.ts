import type { Mutant } from '../mutant.ts'

export const bundleByCounting: Mutant = {
  name: 'M6',
  bug: 'Whether a bundle is over is found by counting its stopped members',
  origin:
    'hail-is/hail #11352 and rails/solid_queue #142: of two that end at once neither sees itself as the last',
  nearest: 'The lock that would make counting right is left out with it.',
  breaks: ['P14', 'I5'],
  edits: [
    {
      file: 'schema/functions/count_members.sql',
      old: 'select * into b from job_bundle where id = moved.id for no key update;',
      new: 'select * into b from job_bundle where id = moved.id;',
    },
    {
      file: 'schema/functions/count_members.sql',
      old: 'b.num_stopped := b.num_stopped + moved.members * stops;',
      new: 'b.num_stopped := (select count(*) from job j join job_stopped s using (seq) where j.bundle_id = b.id);',
    },
    {
      file: 'schema/functions/settle_succeeded.sql',
      old: 'b.id = any (bundles) order by b.id for no key update skip locked);',
      new: 'b.id = any (bundles) order by b.id);',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/interleavings.pg.test.ts',
      test: 'last || last',
      says: /counts 2\/1\/0, its members are 2\/2\/0/,
    },
  ],
}
