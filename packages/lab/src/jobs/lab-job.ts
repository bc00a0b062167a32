import { defineJob } from '@jq/core'
import { z } from 'zod'

/** What a job of the lab does, and how its producer orders it to end. */
export const ACTS = {
  /** Ends at once. */
  end: 'succeeded',
  /** Lasts for `ms`. */
  last: 'succeeded',
  /** Throws at its first two attempts. */
  stumble: 'succeeded',
  /** Pushes itself back at its first attempt. */
  snooze: 'succeeded',
  /** Throws what no retry follows. */
  give_up: 'failed',
  /** Writes a row in the transaction of its own success. */
  effect: 'succeeded',
  /** The same, and then throws inside of it. */
  effect_undone: 'failed',
  /** Writes a line into the history, as one who sends an e-mail. */
  line: 'succeeded',
  /** Keeps the event loop for itself for `ms`. */
  block: 'succeeded',
  /** Lasts for `ms` whatever its signal says, and writes then. */
  cling: 'succeeded',
  /** Eats all memory of its thread at its first attempt. */
  eat: 'succeeded',
  /** Eats all memory of its process at its first attempt. */
  starve: 'succeeded',
} as const satisfies Record<string, 'succeeded' | 'failed'>

export type Act = keyof typeof ACTS

const payload = z.object({
  label: z.string(),
  does: z.enum(Object.keys(ACTS) as [Act, ...Act[]]),
  ms: z.int().default(0),
})
const result = z.object({ attempt: z.int(), workerId: z.string() })

export const labJob = defineJob('lab', { payload, result })

/** The same in a thread of its own, which knows no worker. */
export const isolatedJob = defineJob('lab-isolated', { payload, result: z.object({ attempt: z.int() }) })
