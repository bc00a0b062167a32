import { defineJob } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { createTestDatabase } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { afterEach, expect, inject, test } from 'vitest'
import { z } from 'zod'

const work = defineJob('work', { payload: z.object({}) })
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends.length = 0
})

test('the context of an add is stored with the job by every way in, and read by those who want it', async () => {
  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  ends.push(() => database.drop())
  await migrate({ connectionString: database.url })
  const queue = createJobQueue({ connectionString: database.url })
  ends.push(() => queue.close())
  const trace = (n: number) => ({ traceparent: `00-${n}` })
  await queue.add(work, {}, { trace: trace(1) })
  await queue.add(work, {}, { trace: trace(2), uniqueKey: 'k' })
  await queue.addBundle({
    ...{ type: 'b', origin: 'o', jobs: [work.with({}, { trace: trace(3) })] },
    whenStopped: [work.with({}, { trace: trace(4) })],
  })
  await queue.add(work, {})
  const seen: unknown[] = []
  const worker = createWorker(queue).register(work, () => undefined)
  const stop = worker.observe({ wantsTraces: true, onAttemptStarted: ({ trace }) => void seen.push(trace) })
  await worker.runOnce()
  expect(seen.sort()).toEqual([...[1, 2, 3, 4].map(trace), null].sort())

  stop()
  const { rows } = { rows: await database.query('select trace from worker.job order by seq') }
  expect(rows.map(({ trace }) => trace)).toEqual([trace(1), trace(2), trace(3), null, trace(4)])
  await expect(queue.add(work, {}, { trace: { traceparent: 7 } as never })).rejects.toMatchObject({
    reason: 'invalid_trace',
  })
  await expect(queue.add(work, {}, { trace: { big: 'x'.repeat(9_000) } })).rejects.toMatchObject({
    reason: 'invalid_trace',
  })
})
