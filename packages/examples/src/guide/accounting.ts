import { defineJob, type JobQueue, type RemoveListener } from '@jq/core'
import { z } from 'zod'

export const charge = defineJob('charge', {
  payload: z.object({ customer: z.string(), cents: z.int().positive() }),
  result: z.object({ receipt: z.string() }),
  maxRetryCount: 5,
})

/** Misses nothing: what happens while no process of this name is there waits for one. */
export function keepAccounts(
  queue: JobQueue,
  book: (line: string) => Promise<void>,
): Promise<RemoveListener> {
  return queue.addListener(
    {
      async onJobStopped({ getJob, outcome, willRetry }) {
        if (willRetry) return
        const job = await getJob()
        if (job !== null && charge.is(job)) await book(`${job.payload.customer}: ${outcome}`)
      },
    },
    { name: 'accounts', jobType: charge.type },
  )
}

/** Hears what passes: for a screen that is open, and forgets nothing when it is closed. */
export function watch(queue: JobQueue, show: (line: string) => void): Promise<RemoveListener> {
  return queue.addListener({
    onJobStatusChange: ({ jobType, previous, current }) =>
      show(`${jobType}: ${previous ?? 'new'} → ${current}`),
    onResync: () => show('the connection was away: look again'),
  })
}
