import type { WorkerService } from '@jq/core'
import { newId } from '@jq/core/internal'
import type { TestDatabase } from '@jq/testing'
import { startTcpProxy, type TcpProxy, withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

// P3: what may be repeated after the reply to a COMMIT was lost.

const ROUNDS = inject('longForm') ? 10 : 1
const ADDS = 200
const PRODUCERS = 10

let database: TestDatabase
let queue: WorkerService
beforeEach(async () => {
  database = await queueDatabase()
  queue = createJobQueue({ connectionString: database.url })
  onTestFinished(() => queue.close())
})

test('two hundred adds whose commit reply is lost are two hundred jobs', { timeout: 600_000 }, async () => {
  const ids: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const adding = Array.from({ length: PRODUCERS }, (_, producer) => addAll(`${round} ${producer}`))
    ids.push(...(await Promise.all(adding)).flat())
  }
  expect(new Set(ids).size).toBe(ROUNDS * ADDS)
  const rows = await database.query<{ id: string }>('select id from worker.job')
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(ids))
  expect(rows).toHaveLength(ROUNDS * ADDS)
})

/** One by one, so that each has a commit of its own; every second one in the lane of keyed adds. */
async function addAll(producer: string): Promise<string[]> {
  const { proxy, behind } = await queueBehindProxy()
  const ids: string[] = []
  for (let n = 0; n < ADDS / PRODUCERS; n++) {
    const { lost } = proxy.loseReplyOf((sql) => sql.includes('insert_'))
    const options = n % 2 === 0 ? {} : { uniqueKey: `${producer} ${n}` }
    const { id, status } = await behind.add(anything, { producer, n }, options)
    expect(status).toBe('added')
    expect(lost).toMatchObject([{ executed: true, failed: false }])
    ids.push(id)
  }
  return ids
}

test('an add in your own transaction, whose commit reply is lost, may be repeated with its id', async () => {
  const { proxy } = await queueBehindProxy()
  const id = newId()
  const add = async () => {
    const client = new pg.Client(proxy.url(database.url))
    client.on('error', () => undefined) // the query says it
    await client.connect()
    try {
      await client.query('begin')
      const added = await queue.add(anything, {}, { id, db: client })
      await client.query('commit')
      return added
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  const { lost } = proxy.loseReplyOf((sql) => sql === 'commit')
  await expect(add()).rejects.toThrow()
  expect(lost).toMatchObject([{ executed: true, failed: false }])
  expect(await add()).toEqual({ id, status: 'duplicate' })
  expect(await queue.getStats()).toMatchObject({ available: 1 })
})

test('an add whose answer stays unknown says so with its id, and may be repeated with it', async () => {
  // Where each statement has a transaction around it, its own reply is not that to its commit.
  const { proxy, behind } = await queueBehindProxy({ default_transaction_isolation: 'read committed' })
  await behind.getStats() // it has a connection
  proxy.refuse() // and gets no other
  const { lost } = proxy.loseReplyOf((sql) => sql.includes('insert_'))
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + (lost.length > 0 ? 31_000 : 0)) // its patience is over then
  onTestFinished(() => clock.mockRestore())
  const error = await behind.add(anything, {}).catch((error) => error)
  expect(error).toMatchObject({ code: 'commit_unknown', id: expect.any(String) })
  expect(lost).toHaveLength(1)
  clock.mockRestore()
  await proxy.accept()
  expect(await behind.add(anything, {}, { id: error.id })).toEqual({ id: error.id, status: 'duplicate' })
  expect(await queue.getStats()).toMatchObject({ available: 1 })
})

async function queueBehindProxy(
  settings: Record<string, string> = {},
): Promise<{ proxy: TcpProxy; behind: WorkerService }> {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  const behind = createJobQueue({ connectionString: withSettings(proxy.url(database.url), settings) })
  onTestFinished(() => behind.close())
  return { proxy, behind }
}
