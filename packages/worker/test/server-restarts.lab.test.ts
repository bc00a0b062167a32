import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { startEmbeddedPostgres, until } from '@jq/testing'
import { brokenInvariants } from '@jq/testing/lab'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type LabWorker, startWorker } from './lab/lab.ts'

const RESTARTS = inject('longForm') ? 20 : 3
const PRODUCERS = 4

// P20
test('a server that restarts under load is survived by every loop', { timeout: 1_800_000 }, async () => {
  const server = await startEmbeddedPostgres({ durable: true })
  onTestFinished(() => server.stop())
  await migrate({ connectionString: server.url })
  let said = 0
  const logger = countingLogger(() => said++)
  const queue = createJobQueue({ connectionString: server.url, logger })
  onTestFinished(() => queue.close())
  const heard = { unnamed: new Set<string>(), named: new Set<string>(), resyncs: 0 }
  await queue.addListener({
    onJobStopped: ({ jobId }) => void heard.unnamed.add(jobId),
    onResync: () => void heard.resyncs++,
  })
  await queue.addListener({ onJobStopped: ({ jobId }) => void heard.named.add(jobId) }, { name: 'accounts' })
  // No process dies, so none may be taken for dead.
  const worker = {
    heartbeatInterval: '200ms',
    deadFor: '1m',
    reapInterval: '1s',
    pollInterval: '1s',
  } as const
  const workers = await Promise.all([1, 2].map(() => startWorker(server.url, { worker, threads: 4 })))
  onTestFinished(async () => void (await Promise.all(workers.map(({ process }) => process.kill()))))

  const acknowledged: string[] = []
  let isOver = false
  const producing = Array.from({ length: PRODUCERS }, async () => {
    while (!isOver) {
      const jobs = Array.from({ length: 5 }, () => ({ type: 'lab', payload: { does: 'last', ms: 5 } }))
      acknowledged.push(...(await queue.addMany(jobs)).map(({ id }) => id))
    }
  })
  let downMs = 0
  for (let restart = 0; restart < RESTARTS; restart++) {
    const [before, { resyncs }] = [acknowledged.length, { ...heard }]
    await until('adds are answered', () => acknowledged.length >= before + 100, { within: '1m' })
    const since = performance.now()
    await server.crash()
    await pause(1_000) // a loop without a rest would turn a thousand times
    await server.restart()
    downMs += performance.now() - since
    await until('who listens is told of the gap', () => heard.resyncs > resyncs, { within: '1m' })
  }
  isOver = true
  await Promise.all(producing)

  const succeeded = async () => (await queue.getStats()).succeeded
  await until('all have succeeded', async () => (await succeeded()) === acknowledged.length, { within: '2m' })
  await until('every end was told by name', () => acknowledged.every((id) => heard.named.has(id)), {
    within: '1m',
  })
  await queue.addMany([{ type: 'lab', payload: { does: 'end' } }])
  await until('the unnamed one hears again', async () => {
    const [last] = (await queue.getJobs({ limit: 1 })).jobs
    return heard.unnamed.has(last?.id as string)
  })
  expect((await queue.health()).status).toBe('ok')

  // Each ran once: no attempt that had begun was given up, and none that was given up had begun.
  const begun = workers.flatMap((worker) => begunBy(worker))
  expect(begun).toHaveLength(new Set(begun).size)
  expect(new Set(begun).size).toBe(acknowledged.length + 1)
  for (const { process } of workers) {
    process.send({ tell: 'finish' })
    expect(await process.exited).toEqual({ code: 0, signal: null })
    expect(process.stderr).toBe('')
    // Four loops of a process say so each time they fail; they wait up to 2 s between two tries.
    const lines = process.events.filter(({ said }) => said === 'logged').length
    expect(lines).toBeLessThan(4 * (8 * RESTARTS + (2 * downMs) / 1_000))
  }
  expect(said).toBeLessThan(4 * (8 * RESTARTS + (2 * downMs) / 1_000))
  expect(await findings(server.url)).toEqual([])
  console.info(
    `restarts: ${RESTARTS} in ${acknowledged.length} jobs, ${Math.round(downMs)} ms down, ${said} lines said`,
  )
})

function begunBy({ process }: LabWorker): string[] {
  return process.events.flatMap((event) => (event.said === 'begun' ? [event.jobId] : []))
}

function countingLogger(count: () => void): Logger {
  return { debug: () => undefined, info: () => undefined, warn: count, error: count }
}

async function findings(connectionString: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await brokenInvariants(async (sql) => (await client.query(sql)).rows)
  } finally {
    await client.end()
  }
}
