import { defineJob } from '@jq/core'
import { z } from 'zod'

/** Adds up what the members of a bundle have counted, and how they fared. Runs when the bundle has stopped. */
export const reportJob = defineJob('demo/report', {
  payload: z.object({}),
  result: z.object({
    /** Files that were counted; the next four are about them. */
    files: z.int(),
    bytes: z.int(),
    lines: z.int(),
    words: z.int(),
    /** Of the lines `<sha256 of the file>  <path>\n`, sorted bytewise by path. */
    sha256: z.string(),
    /** Members of the bundle. */
    jobs: z.int(),
    attempts: z.int(),
    retries: z.int(),
    crashes: z.int(),
    /** Members that succeeded though a process died on them. */
    recovered: z.int(),
    /** Members that did not succeed: how many, and some of them by name. */
    failed: z.int(),
    failures: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
  maxRetryCount: 3,
})
