import type { WorkerService } from '@jq/core'
import type { ClaimedJob, Outcome, StepRequest } from '@jq/core/internal'
import { startEmbeddedPostgres } from '@jq/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createJobQueue, migrate } from '../src/index.ts'
import { countedPool } from './counted-pool.ts'
import { anything, numbered } from './some-jobs.ts'

// What a job costs the server, counted on one of our own, where nobody else writes: bytes of WAL, commits, statements.

const workerId = '0197a000-0000-7000-8000-00000000000a'

test('a job costs at most 650 bytes of WAL from claim to settle and 1,200 in its whole life, worked ten at a time', async () => {
  const { work, life } = await bytesPerJob(5_000, 10)
  expect(work).toBeLessThanOrEqual(650) // 625 seen: rows of 124 and 125 bytes, two index entries of 64, four locks and deletes of 54
  expect(life).toBeLessThanOrEqual(1_200) // 1,130 seen
})

test('a job that is worked alone costs at most 150 bytes more, for a commit of its own', async () => {
  const { work, life } = await bytesPerJob(1_000, 1)
  expect(work).toBeLessThanOrEqual(800) // 735 seen
  expect(life).toBeLessThanOrEqual(1_350) // 1,240 seen
})

test('one statement and one commit settle ten jobs and claim the next ten', async () => {
  const { statements, commits } = await costsOf(5_000, 10)
  expect(statements).toBeLessThanOrEqual(500 + 2)
  expect(commits).toBeLessThanOrEqual(500 + 2)
})

async function bytesPerJob(jobs: number, room: number): Promise<{ work: number; life: number }> {
  const { added, worked } = await costsOf(jobs, room)
  return { work: worked / jobs, life: (added + worked) / jobs }
}

/** Adds the jobs and works them off, so many at a time. */
async function costsOf(jobs: number, room: number) {
  // No full pages in the WAL, which a checkpoint at an unlucky moment would add; no autovacuum, which writes, too.
  const server = await startEmbeddedPostgres({ settings: { autovacuum: 'off', full_page_writes: 'off' } })
  onTestFinished(() => server.stop())
  const client = new pg.Client(server.url)
  await client.connect()
  await migrate({ connectionString: server.url })
  const { pool, statements } = countedPool(server.url)
  const queue = createJobQueue({ pool })
  const membership = await queue.work.join(entry, { alive: () => undefined, failed: () => undefined })
  const start = await position(client)
  await queue.addMany(numbered(jobs))
  const filled = await position(client)
  const commitsBefore = await commits(client)
  statements.length = 0
  await workOff(queue, room)
  const end = await position(client)
  const counted = statements.length
  const costs = {
    added: filled - start,
    worked: end - filled,
    statements: counted,
    commits: (await commits(client)) - commitsBefore,
  }
  expect(await queue.getStats()).toMatchObject({ available: 0, running: 0, succeeded: jobs })
  await membership.leave()
  await queue.close()
  await client.end()
  return costs
}

const entry = {
  id: workerId,
  host: 'here',
  pid: 1,
  version: '1',
  jobTypes: [anything.type],
  threads: 10,
  heartbeatIntervalMs: 0,
  deadForMs: 60_000,
}

async function workOff(queue: WorkerService, room: number): Promise<void> {
  const types = [{ type: anything.type, room, maxRetryCount: 3, maxTimeoutRetryCount: 0, timeoutMs: 0 }]
  const claim: StepRequest['claim'] = { types, room, idle: false, maxCrashCount: 3 }
  for (let outcomes: Outcome[] | undefined; outcomes?.length !== 0; ) {
    const { claimed } = await queue.work.step({ workerId, outcomes: outcomes ?? [], claim })
    outcomes = claimed.map(succeeded)
  }
}

function succeeded({ seq, attempt }: ClaimedJob): Outcome {
  return { seq, attempt, kind: 'succeeded', result: null }
}

/** Bytes of WAL that the server has written so far. */
async function position(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes`,
  )
  return rows[0].bytes
}

/** Transactions that have written, up to now: each of them takes a number. */
async function commits(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    'select pg_snapshot_xmax(pg_current_snapshot())::text::float8 as transactions',
  )
  return rows[0].transactions
}
