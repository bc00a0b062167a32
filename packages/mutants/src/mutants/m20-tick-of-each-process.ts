import type { Mutant } from '../mutant.ts'

export const tickOfEachProcess: Mutant = {
  name: 'M20',
  bug: 'Each process that has seen a schedule due adds the job of its tick',
  origin:
    'kelektiv/node-cron #543, plashchynski/crono #61, and whatever keeps its schedules in the process: as many runs as there are processes',
  nearest: 'The index that would refuse the second job is broken with it.',
  breaks: ['P18', 'I14'],
  edits: [
    {
      file: 'schema/functions/tick.sql',
      old: 'where k.name = p.name and k.key = p.key and k.revision = p.revision and k.paused_at is null and not k.waits\n        and case when k.plan_from is null then k.next_run_at = p.planned else p.planned is null end\n      for update skip locked;',
      new: 'where k.name = p.name and k.key = p.key for update;',
    },
    {
      file: 'schema/tables/job.sql',
      old: 'create unique index job_tick_idx',
      new: 'create index job_tick_idx',
    },
  ],
  kills: [
    {
      room: 'worker',
      file: 'test/upkeep-orders.pg.test.ts',
      test: 'two processes that move one schedule on give its tick one job',
      says: /expected 2 to be 1/,
    },
    {
      room: 'worker',
      file: 'test/conformance-schedules.pg.test.ts',
      test: 'adds one job a tick, with its name, its tick and its payload, and counts the next from it',
      says: /AssertionError/,
    },
  ],
}
