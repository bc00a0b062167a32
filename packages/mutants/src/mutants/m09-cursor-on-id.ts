import type { Mutant } from '../mutant.ts'

export const cursorOnId: Mutant = {
  name: 'M9',
  bug: 'Events are read past the last id that was seen, so that what commits late is skipped',
  origin: 'most outboxes: 250 of 1,200 events lost with 8 writers',
  breaks: ['P15', 'I6'],
  edits: [
    {
      file: 'schema/functions/named_listeners.sql',
      old: `where (e.tx, e.id) > (n.tx, n.id) and e.tx < pg_snapshot_xmin(pg_current_snapshot())
      and not`,
      new: `where e.id > n.id
      and not`,
    },
    {
      file: 'schema/functions/named_listeners.sql',
      old: 'order by e.tx, e.id limit most\n',
      new: 'order by e.id limit most\n',
    },
    {
      file: 'schema/functions/named_listeners.sql',
      old: 'tx = case when (its_tx, its_id) > (n.tx, n.id) then its_tx else n.tx end,',
      new: 'tx = case when its_id > n.id then its_tx else n.tx end,',
    },
    {
      file: 'schema/functions/named_listeners.sql',
      old: 'id = case when (its_tx, its_id) > (n.tx, n.id) then its_id else n.id end,',
      new: 'id = greatest(its_id, n.id),',
    },
  ],
  kills: [
    {
      room: 'db',
      file: 'test/named-listener-orders.pg.test.ts',
      test: 'one that reads while a transaction that began before commits late',
      says: /AssertionError/,
    },
  ],
}
