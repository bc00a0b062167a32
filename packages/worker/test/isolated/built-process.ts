// Runs isolated jobs with the package that was built into the folder of its first argument, and nothing else that keeps it alive.
import { pathToFileURL } from 'node:url'
import { defineJob } from '@jq/core'
import { createMemoryJobQueue } from '@jq/testing'
import { z } from 'zod'
import type * as built from '../../src/index.ts'

const { createWorker }: typeof built = await import(pathToFileURL(`${process.argv[2]}/index.js`).href)
const job = defineJob('isolated', { payload: z.int(), result: z.int() })
for (const where of ['thread', 'process'] as const) {
  const queue = createMemoryJobQueue()
  const worker = createWorker(queue).registerIsolated(job, new URL('pid.ts', import.meta.url), { in: where })
  const { id } = await queue.add(job, 1)
  await worker.runOnce()
  const run = await queue.getJob(id, job)
  const isOurs = run?.result === process.pid
  process.stdout.write(`${JSON.stringify({ where, state: run?.state, error: run?.errorMsg, isOurs })}\n`)
}
