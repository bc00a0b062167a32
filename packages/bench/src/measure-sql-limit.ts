import pg from 'pg'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { clock } from './process-talk.ts'

/** As a pump asks, without a pump: each round settles the last one's jobs, claims the next ones, and commits. */
const LOOP = `
do $loop$
declare
  me uuid := gen_random_uuid();
  seqs bigint[] := '{}';
  attempts int[] := '{}';
begin
  perform worker.beat(me, 'sql', 1, '0', array['bench-0'], BATCH, interval '1 hour', false);
  commit;
  loop
    select coalesce(array_agg(s.seq), '{}'), coalesce(array_agg(s.attempt), '{}') into seqs, attempts
    from worker.step(me, done => seqs, attempts => attempts, types => '{bench-0}', rooms => '{BATCH}', max_retries => '{0}',
      max_timeout_retries => '{0}', timeouts => '{900000}', room => BATCH, max_crashes => 3) s
    where s.kind = 'claimed';
    commit;
    exit when seqs = '{}';
  end loop;
end
$loop$`

/** How fast our tables and functions are by themselves: the loop runs in the server, one for each process. */
export async function measureSqlLimit(
  bench: Bench,
  { jobs, batch, processes }: { jobs: number; batch: number; processes: number },
): Promise<Measurement> {
  const database = await bench.database('ours', { jobs })
  const clients = Array.from({ length: processes }, () => new pg.Client(database.url))
  await Promise.all(clients.map((client) => client.connect()))
  const before = await bench.server.use(database)
  const startedAt = clock()
  await Promise.all(clients.map((client) => client.query(LOOP.replaceAll('BATCH', String(batch)))))
  const seconds = (clock() - startedAt) / 1000
  const after = await bench.server.use(database)
  const { rows } = await (clients[0] as pg.Client).query(
    'select count(*)::int as kept from worker.job_stopped',
  )
  if (rows[0].kept !== jobs) throw new Error(`The loop ran ${rows[0].kept} of ${jobs} jobs.`)
  await Promise.all(clients.map((client) => client.end()))
  const commits = (await bench.server.commits(database)) / jobs
  await database.drop()
  return {
    rate: jobs / seconds,
    nodeUs: 0,
    pgUs: (after.cpuUs - before.cpuUs) / jobs,
    walBytes: (after.walBytes - before.walBytes) / jobs,
    statements: (after.statements - before.statements) / jobs,
    commits,
  }
}
