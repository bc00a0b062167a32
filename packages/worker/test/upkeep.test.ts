import { defineJob } from '@jq/core'
import { until } from '@jq/testing'
import { Hand, livingMemoryUniverse } from '@jq/testing/conformance'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'

const work = defineJob('work', { payload: z.object({}) })

// P8, P20
test('a look that fails is made again, and frees what the dead held', async () => {
  const { queue, age, close } = await livingMemoryUniverse()
  const look = queue.work.look.bind(queue.work)
  let failures = 0
  queue.work.look = async (request) => {
    if (failures > 0) {
      failures--
      throw new Error('the connection was lost')
    }
    return look(request)
  }
  const dying = await Hand.join(queue)
  const { id } = await queue.add(work, {})
  await dying.claimOne()
  const worker = createWorker(queue, { reapInterval: '5ms' }).register(work, () => undefined)
  await worker.startThreads(1)
  onTestFinished(async () => {
    await worker.finishThreads()
    await close()
  })
  failures = 3
  await age(61_000)
  await until('it succeeds elsewhere', async () => (await queue.getJob(id))?.state === 'succeeded')
  expect(failures).toBe(0)
  expect(await queue.getJob(id)).toMatchObject({ attempt: 2, crashCount: 1 })
})
