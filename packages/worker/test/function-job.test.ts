import { defineFunctionJob } from '@jq/core'
import { createMemoryJobQueue } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { expect, test } from 'vitest'
import { z } from 'zod'

const greet = defineFunctionJob('greet', { args: z.tuple([z.string(), z.number()]), result: z.string() })

test('arguments of the wrong number or kind are refused where they are added', async () => {
  const queue = createMemoryJobQueue()
  for (const args of [['Simon'], ['Simon', '7'], ['Simon', 7, 8], 'Simon'])
    await expect(queue.add(greet, args as never)).rejects.toMatchObject({ reason: 'schema_mismatch' })
  expect(await queue.getStatus()).toMatchObject({ numJobs: 0 })
})

test('a function job that wants to know of its run is registered as a handler, with its arguments as one', async () => {
  const queue = createMemoryJobQueue()
  const seen: unknown[] = []
  const worker = createWorker(queue).register(greet, ([name, age], { job, fence }) => {
    seen.push([name, age, job.attempt, fence])
    return name
  })
  await queue.add(greet, ['Simon', 7])
  await worker.runOnce()
  expect(seen).toEqual([['Simon', 7, 1, expect.anything()]])
})
