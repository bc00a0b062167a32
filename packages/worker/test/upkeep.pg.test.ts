import { defineJob } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

const work = defineJob('work', { payload: z.object({}) })

// P16
test('what is added while a process sleeps and hears nothing is found by its poll', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const queue = createJobQueue({ connectionString: universe.url, wake: 'poll' })
  const look = queue.work.look.bind(queue.work)
  let looks = 0
  queue.work.look = (request) => {
    looks++
    return look(request)
  }
  const worker = createWorker(queue, { pollInterval: '50ms', reapInterval: '1h' })
  await worker.register(work, () => undefined).startThreads(1)
  onTestFinished(async () => {
    await worker.finishThreads()
    await queue.close()
    await universe.close()
  })
  await until('the looks of falling asleep are over', () => looks > 5)
  const { id } = await universe.queue.add(work, {})
  await until('its poll has found it', async () => (await universe.queue.getJob(id))?.state === 'succeeded')
  expect(looks).toBeGreaterThan(6)
})
