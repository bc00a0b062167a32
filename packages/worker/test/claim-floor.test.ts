import { defineJob } from '@jq/core'
import { until } from '@jq/testing'
import { livingMemoryUniverse } from '@jq/testing/conformance'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'

const work = defineJob('work', { payload: z.object({}) })

test('claims that begin where the last one ended look at everything again once they come short', async () => {
  const { queue, close } = await livingMemoryUniverse()
  const begins: string[] = []
  const step = queue.work.step.bind(queue.work)
  queue.work.step = async (request) => {
    const answer = await step(request)
    const from = request.claim?.types[0]?.from
    if (request.claim !== null) begins.push(from === undefined ? 'anywhere' : `behind ${from.seq}`)
    // As where many dead entries stand in front.
    return { ...answer, trodden: answer.claimed.length === 2 }
  }
  const added = await queue.addMany([work.with({}), work.with({}), work.with({})])
  expect(added).toHaveLength(3)
  const worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h' }).register(
    work,
    async () => {},
  )
  await worker.startThreads(2)
  await until('all have stopped', async () => (await queue.getStats()).succeeded === 3)
  await worker.finishThreads()
  expect(begins.slice(0, 3)).toEqual(['anywhere', 'behind 2', 'anywhere'])
  await close()
})
