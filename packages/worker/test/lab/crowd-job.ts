import { defineJob } from '@jq/core'
import { z } from 'zod'

/** Takes its time, and fails at its first attempt where it is told to. */
export const crowdJob = defineJob('crowd', {
  payload: z.object({ ms: z.int().default(0), fail: z.boolean().default(false) }),
})
