import { defineJob } from '@jq/core'
import { createMemoryJobQueue, until } from '@jq/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'

const one = defineJob('one', { payload: z.null() })
const other = defineJob('other', { payload: z.null() })

test('a type that was unregistered is claimed no more', async () => {
  const queue = createMemoryJobQueue()
  const worker = createWorker(queue)
    .register(one, () => {})
    .register(other, () => {})
  expect(worker.registeredJobTypes()).toEqual(['one', 'other'])
  worker.unregister('one')
  expect(worker.registeredJobTypes()).toEqual(['other'])

  const [left, done] = await queue.addMany([one.with(null), other.with(null)])
  await worker.startThreads(2)
  onTestFinished(() => worker.stopThreads())
  await until(
    'the other has run',
    async () => (await queue.getJob(done?.id as string))?.state === 'succeeded',
  )
  expect(await queue.getJob(left?.id as string)).toMatchObject({ state: 'available', attempt: 0 })
})
