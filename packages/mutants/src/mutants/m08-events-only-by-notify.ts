import type { Mutant } from '../mutant.ts'

export const eventsOnlyByNotify: Mutant = {
  name: 'M8',
  bug: 'A listener is told of what happens while it is connected, and of nothing else',
  origin: 'go-jobqueue and every queue whose events are notifications: no catch-up after a lost connection',
  nearest:
    'Notifications carry no event here, so the cursor of a name is what is forgotten: with each registration it stands at the present.',
  breaks: ['P15', 'I6'],
  edits: [
    {
      file: 'schema/functions/named_listeners.sql',
      old: 'tx = case when n.forgotten_at is null then n.tx else excluded.tx end,',
      new: 'tx = excluded.tx,',
    },
    {
      file: 'schema/functions/named_listeners.sql',
      old: 'since = case when n.forgotten_at is null then n.since else excluded.since end,',
      new: 'since = excluded.since,',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/conformance-bundles.pg.test.ts',
      test: 'is told what happened while none of its name was there',
      says: /Waited .* in vain until|AssertionError/,
    },
  ],
}
