import { defineJob } from '@jq/core'
import { z } from 'zod'

/** Counts one file. */
export const countFileJob = defineJob('demo/count-file', {
  payload: z.object({
    /** Both as `textOfName` writes them. */
    folder: z.string(),
    path: z.string(),
    /** Fail at the first attempt, so that a retry can be seen. */
    stumbles: z.boolean(),
  }),
  result: z.object({ bytes: z.int(), lines: z.int(), words: z.int(), sha256: z.string() }),
  maxRetryCount: 3,
})
