import { Hand, outcome } from '@jq/testing/conformance'
import pg from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { buffersOf, planningClient } from './buffers.ts'
import { queueDatabase } from './queue-database.ts'
import { anything, numbered } from './some-jobs.ts'

// While somebody holds an old snapshot, claims leave dead entries at the front of their index, and nobody may clear them away.

const PASSED = 15_000
const type = { type: anything.type, room: 10, maxRetryCount: 0, maxTimeoutRetryCount: 0, timeoutMs: 0 }
const claim = { types: [type], room: 10, idle: false, maxCrashCount: 3 }

let database: Awaited<ReturnType<typeof queueDatabase>>
beforeAll(async () => {
  database = await queueDatabase()
  await database.query('alter table worker.job_available set (autovacuum_enabled = false)')
})

test('claims that walked over many dead entries say so, and begin behind them when they are told where', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const holder = new pg.Client(database.url)
  const client = await planningClient(database.url)
  await holder.connect()
  onTestFinished(async () => {
    await Promise.all([queue.close(), holder.end(), client.end()])
  })
  const hand = await Hand.join(queue, { types: [anything.type], heartbeatIntervalMs: 0 })
  const ask = (from?: { priority: number; seq: string }) =>
    queue.work.step({ workerId: hand.id, outcomes: [], claim: { ...claim, types: [{ ...type, from }] } })
  await queue.addMany(numbered(PASSED + 100))
  expect((await ask()).trodden).toBe(false)

  await holder.query('begin isolation level repeatable read')
  await holder.query('select 1')
  for (let passed = 0; passed < PASSED; passed += 1_000)
    await hand.settle(...(await hand.claim(1_000)).map((one) => outcome.succeeded(one)))
  const far = await ask()
  expect(far.trodden).toBe(true)
  const last = far.claimed.at(-1)
  if (last === undefined) throw new Error('Nothing was claimed')
  const from = { priority: 0, seq: last.seq }
  const near = await ask(from)
  expect(near.trodden).toBe(false)
  expect(near.claimed.map(({ seq }) => BigInt(seq) > BigInt(last.seq))).toEqual(Array(10).fill(true))

  const urgent = await queue.add(anything, {}, { priority: 1 })
  expect((await ask(from)).claimed.map(({ job }) => job.id)).not.toContain(urgent.id)
  expect((await ask()).claimed[0]?.job.id).toBe(urgent.id)

  const pages = (fromSeq: string | null) =>
    buffersOf(client, {
      sql: `select * from step($1, types => '{anything}', rooms => '{10}', max_retries => '{0}', max_timeout_retries => '{0}',
        timeouts => '{0}', room => 10, from_ranks => $2, from_seqs => $3)`,
      values: [hand.id, fromSeq === null ? null : [~0], fromSeq === null ? null : [fromSeq]],
    })
  const floor = await pages(last.seq)
  expect(floor, 'a few a job').toBeLessThanOrEqual(150)
  expect(await pages(null)).toBeGreaterThan(floor + 40)
})

test('what stands before is left to the next claim that is not told where to begin', async () => {
  const queue = createJobQueue({ connectionString: database.url })
  const hand = await Hand.join(queue, { types: [anything.type], heartbeatIntervalMs: 0 })
  await queue.addMany(numbered(10))
  const [first] = await hand.claim(1)
  if (first === undefined) throw new Error('Nothing was claimed')
  await hand.settle(outcome.released(first))
  const from = { priority: 0, seq: String(BigInt(first.seq) + 1n) }
  const types = [{ ...type, from }]
  const { claimed } = await queue.work.step({ workerId: hand.id, outcomes: [], claim: { ...claim, types } })
  expect(claimed.map(({ seq }) => seq)).not.toContain(first.seq)
  expect((await hand.claim(10)).map(({ seq }) => seq)).toContain(first.seq)
  await queue.close()
})
