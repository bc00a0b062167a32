import { defineJob } from '@jq/core'
import { z } from 'zod'

const acts = [
  'return',
  'spin',
  'eat',
  'obey',
  'cling',
  'progress',
  'log',
  'throw',
  'terminal',
  'snooze',
  'text',
  'exit',
  'burst',
  'env',
  'transact',
  'unsendable',
] as const

/** A job whose handler stands in a file of its own. */
export const isolatedJob = defineJob('isolated', {
  payload: z.object({
    does: z.enum(acts),
    /** A file that the test makes when it has seen enough. */
    until: z.string().optional(),
    at: z.iso
      .datetime()
      .transform((text) => new Date(text))
      .optional(),
  }),
  result: z.json(),
})
