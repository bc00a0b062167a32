// Limits, groups and holds, as docs/limits.md shows them.
import { defineJob, jobqueue, SnoozeJob } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { z } from 'zod'

const callApi = defineJob('call-api', {
  payload: z.object({ customer: z.string(), path: z.string() }),
  groupKey: ({ customer }) => customer,
})

export function registerCalls(worker: JobWorker): JobWorker {
  return worker.register(callApi, async ({ path }) => {
    const response = await fetch(new URL(path, 'https://api.example.com'))
    if (response.status === 429) throw new SnoozeJob('30s', { holdGroup: true })
  })
}

await jobqueue.setLimit(callApi, { concurrency: 10, rate: { count: 100, per: '1m' }, perGroup: true })
await jobqueue.setLimit('resize-image', { concurrency: 4 })
await jobqueue.setLimit('resize-image', null)
