import { defineJob } from '@jq/core'
import type { StepAnswer, StepRequest } from '@jq/core/internal'
import { until } from '@jq/testing'
import { livingMemoryUniverse } from '@jq/testing/conformance'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type HandlerOptions, type WorkerOptions } from '../src/index.ts'

const work = defineJob('work', { payload: z.object({}) })

/** A worker whose round trips are seen, and whose answers wait for as long as `holds` says. */
async function watched(
  threads: number,
  jobs: number,
  options: HandlerOptions = {},
  settings: WorkerOptions = {},
) {
  const { queue, close } = await livingMemoryUniverse()
  const inAir = new Set<StepRequest>()
  const seen: { request: StepRequest; beside: readonly StepRequest[]; busy: number }[] = []
  const held = new Map<StepRequest, () => void>()
  const running: number[] = []
  const order: string[] = []
  let holds = (_: StepRequest) => false
  const step = queue.work.step.bind(queue.work)
  queue.work.step = async (request): Promise<StepAnswer> => {
    seen.push({ request, beside: [...inAir], busy })
    inAir.add(request)
    const answer = await step(request)
    running.push((await queue.getStats()).running)
    await turns(5) // as over a network
    if (holds(request)) await new Promise<void>((resolve) => held.set(request, resolve))
    inAir.delete(request)
    return answer
  }
  const added = await queue.addMany(Array.from({ length: jobs }, () => work.with({})))
  const worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h', ...settings })
  let begun = 0
  let busy = 0
  const handler = async (_: unknown, { job }: { job: { id: string } }) => {
    order.push(job.id)
    busy++
    await turns(begun++ % 10)
    busy--
  }
  worker.register(work, handler, options)
  return {
    queue,
    seen,
    held,
    running,
    /** The jobs as they were added, and as they began. */
    added: added.map(({ id }) => id),
    order,
    hold: (is: (request: StepRequest) => boolean) => {
      holds = is
    },
    start: () => worker.startThreads(threads),
    end: async () => {
      await worker.finishThreads()
      await close()
    },
  }
}

/** Of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('while the answer of one round trip is waited for, others settle and claim', async () => {
  const { queue, seen, held, hold, start, end } = await watched(10, 200)
  const isSmall = ({ outcomes, claim }: StepRequest) => outcomes.length <= 5 && (claim?.room ?? 9) <= 5
  hold((request) => request.outcomes.length > 0 && isSmall(request) && held.size === 0)
  await start()
  await until('one is held', () => held.size === 1)
  const [coming] = [...held.keys()].map(({ claim }) => claim?.room ?? 0)
  await until(
    'all have run but what it brings, and less than half a load that waits for it',
    async () => (await queue.getStats()).succeeded > 200 - (coming ?? 0) - 5,
  )
  expect(held.size).toBe(1)
  for (const { beside } of seen) expect(beside.length).toBeLessThan(2)
  for (const go of held.values()) go()
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 200)
  await end()
})

test('what is under way takes room: no more is claimed than there are threads', async () => {
  const { queue, running, start, end } = await watched(10, 200)
  await start()
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 200)
  expect(Math.max(...running)).toBe(10)
  await end()
})

test('a claim beside another one looks past what that one may take', async () => {
  const { queue, seen, start, end } = await watched(10, 100)
  await start()
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 100)
  const claims = seen.filter(({ request }) => request.claim !== null)
  for (const { request, beside } of claims)
    expect(request.claim?.beside).toBe(beside.reduce((sum, { claim }) => sum + (claim?.room ?? 0), 0))
  await end()
})

test('what may run alone is asked for where nothing runs, and claimed beside nothing, whatever is announced meanwhile', async () => {
  const { queue, seen, start, end } = await watched(10, 100)
  await start()
  for (let n = 0; n < 50; n++) await queue.add(work, {})
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 150)
  const idle = seen.filter(({ request }) => request.claim?.idle)
  expect(idle.length).toBeGreaterThan(0)
  expect(idle.filter(({ busy }) => busy > 0)).toEqual([])
  for (const { request, beside } of seen)
    for (const other of beside)
      expect((other.claim?.idle || request.claim?.idle) && other.claim && request.claim).toBeFalsy()
  await end()
})

test('a claim for types of which only so many may run looks past nobody, whoever was quicker', async () => {
  const { queue, seen, start, end } = await watched(10, 100, { concurrency: 8 })
  const { step } = queue.work
  queue.work.step = async (request) => ({ ...(await step(request)), contended: request.claim !== null })
  await start()
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 100)
  expect(new Set(seen.map(({ request }) => request.claim?.beside ?? 0))).toEqual(new Set([0]))
  await end()
})

test('types of which only so many may run are claimed one after the other', async () => {
  const { queue, seen, start, end } = await watched(10, 100, { concurrency: 8 })
  await start()
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 100)
  for (const { request, beside } of seen)
    if (request.claim !== null) for (const other of beside) expect(other.claim).toBe(null)
  await end()
})

test('what is claimed ahead comes by two claims at once, and begins in the order in which they left, whichever is answered first', async () => {
  const { queue, seen, held, running, added, order, hold, start, end } = await watched(
    4,
    300,
    {},
    { prefetch: 40 },
  )
  const claims = () => seen.filter(({ request }) => request.claim !== null)
  hold((request) => {
    if (request.claim === null) return false
    const isLate = claims().findIndex((one) => one.request === request) % 3 === 1
    if (isLate) void turns(30).then(() => held.get(request)?.())
    return isLate
  })
  await start()
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 300)
  expect(claims().some(({ beside }) => beside.some(({ claim }) => claim !== null))).toBe(true)
  expect(order).toEqual(added)
  expect(Math.max(...running)).toBe(44)
  await end()
})
