import pg from 'pg'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { beatSql, type ClaimedAttempt, loopSql, stepSql } from './our-step.ts'

const ME = `'0197a000-0000-7000-8000-00000000000a'::uuid`
const TYPES = Array.from({ length: 8 }, (_, type) => `bench-${type}`)

/** What a claim of one job reads among so many of eight types. */
export async function measureClaimPages(bench: Bench, jobs: number): Promise<Measurement> {
  const database = await bench.database('ours', { jobs, types: TYPES.length })
  const client = await connected(database.url)
  try {
    await client.query(`select ${beatSql(ME, TYPES, 10)}`)
    return await pagesOf(client, stepSql(ME, [], TYPES, 1))
  } finally {
    await client.end()
    await database.drop()
  }
}

/** What the settling of ten reads beside so many dead rows, at worst, whenever statistics were taken. */
export async function measureSettlePages(bench: Bench, dead: number): Promise<Measurement> {
  const database = await bench.database('ours', { jobs: dead })
  const client = await connected(database.url)
  const holder = await connected(database.url)
  try {
    await client.query('alter table worker.job_running set (autovacuum_enabled = false)')
    await client.query(`select ${beatSql(ME, TYPES, 10)}`)
    await holder.query('begin isolation level repeatable read')
    await holder.query('select 1')
    await client.query(loopSql('bench-0', 500))
    const found: Measurement[] = []
    for (const live of [0, 1, 10]) {
      await addTen(client)
      const before = await claim(client, live)
      await client.query('analyze worker.job_running')
      const settling = stepSql(ME, [...before, ...(await claim(client, 10 - live))], TYPES, 0)
      found.push(await pagesOf(client, settling))
      await client.query(`select ${settling}`)
    }
    return found.toSorted((a, b) => (b.pages as number) - (a.pages as number))[0] as Measurement
  } finally {
    await Promise.all([client.end(), holder.end()])
    await database.drop()
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

async function addTen(client: pg.Client): Promise<void> {
  await client.query(
    `select worker.add_job('bench-0', '{"n": 0}', origin => 'bench') from generate_series(1, 10)`,
  )
}

async function claim(client: pg.Client, count: number): Promise<readonly ClaimedAttempt[]> {
  if (count === 0) return []
  const { rows } = await client.query(
    `select seq, attempt from ${stepSql(ME, [], TYPES, count)} where kind is null`,
  )
  return rows
}

/**
 * Pages that a call reads with all that it calls. Rolled back, and asked twice: the first time the session learns the catalogs
 * and makes its plans, which is not what a call costs.
 */
async function pagesOf(client: pg.Client, call: string): Promise<Measurement> {
  await explained(client, call)
  const before = await pagesOfRunning(client)
  const { Plan } = await explained(client, call)
  return {
    pages: Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'],
    'of them job_running': (await pagesOfRunning(client)) - before,
  }
}

async function explained(client: pg.Client, call: string) {
  await client.query('begin')
  const { rows } = await client.query(`explain (analyze, buffers, format json) select ${call}`)
  await client.query('rollback')
  return rows[0]['QUERY PLAN'][0] as { Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }
}

/** As the server counts them: the table's and its indexes', read so far. */
async function pagesOfRunning(client: pg.Client): Promise<number> {
  await client.query('select pg_stat_force_next_flush()')
  const { rows } = await client.query(
    `select (heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)::int as pages
      from pg_statio_user_tables where schemaname = 'worker' and relname = 'job_running'`,
  )
  return rows[0].pages
}
