import pg from 'pg'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { costsPerJob } from './costs-per-job.ts'
import { loopSql } from './our-step.ts'
import { clock } from './process-talk.ts'

/** How fast our tables and functions are by themselves: the loop runs in the server, one for each process. */
export async function measureSqlLimit(
  bench: Bench,
  { jobs, batch, processes }: { jobs: number; batch: number; processes: number },
): Promise<Measurement> {
  const database = await bench.database('ours', { jobs })
  const clients = Array.from({ length: processes }, () => new pg.Client(database.url))
  await Promise.all(clients.map((client) => client.connect()))
  const before = await database.use()
  const startedAt = clock()
  await Promise.all(clients.map((client) => client.query(loopSql('bench-0', batch))))
  const seconds = (clock() - startedAt) / 1000
  const spent = await database.spentSince(before)
  const { rows } = await (clients[0] as pg.Client).query(
    'select count(*)::int as kept from worker.job_stopped',
  )
  if (rows[0].kept !== jobs) throw new Error(`The loop ran ${rows[0].kept} of ${jobs} jobs.`)
  await Promise.all(clients.map((client) => client.end()))
  const commits = (await database.commits()) / jobs
  await database.drop()
  return {
    rate: jobs / seconds,
    nodeUs: 0,
    ...costsPerJob(spent, jobs),
    commits,
  }
}
