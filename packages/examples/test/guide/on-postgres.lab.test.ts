import { runWithService } from '@jq/core'
import { createWorker } from '@jq/worker'
import { expect, test } from 'vitest'
import { countUsers, sendMail, writeToAll } from '../../src/guide/accounts.ts'
import { freshQueue } from './fresh-queue.ts'

test('a newsletter goes to everybody, and then users are counted', async () => {
  const queue = await freshQueue()
  const sent = new Set<string>()
  const counted = Promise.withResolvers<Set<string>>()
  const worker = createWorker(queue)
    .register(sendMail, ({ to }) => {
      sent.add(to)
    })
    .register(countUsers, () => counted.resolve(sent))

  await runWithService(queue, () => writeToAll(['bob@example.com', 'ada@example.com'], 'News'))
  await worker.startThreads(2)
  expect(await counted.promise).toEqual(new Set(['ada@example.com', 'bob@example.com']))
  await worker.finishThreads()
})

test('no test sees the jobs of another', async () => {
  const queue = await freshQueue()
  expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
})
