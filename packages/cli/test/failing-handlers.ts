import { defineJob, JobError } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { z } from 'zod'

/** Fails with its payload as the error's data, and answers it otherwise. */
export default function register(worker: JobWorker): void {
  const leaky = defineJob('leaky', { payload: z.object({ says: z.string(), fails: z.boolean() }) })
  worker.register(
    leaky,
    ({ says, fails }, { log }) => {
      log.info({}, 'it began')
      if (fails) throw new JobError('it went wrong', { data: { says } })
      return says
    },
    { maxRetryCount: 1, retryRule: () => 0 },
  )
}
