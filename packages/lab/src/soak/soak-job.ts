import { defineJob } from '@jq/core'
import { z } from 'zod'

/** What a job of the soak does. */
export const SOAK_ACTS = ['end', 'last', 'stumble', 'give_up', 'write'] as const

export type SoakAct = (typeof SOAK_ACTS)[number]

/** `addedAt` is on the machine's monotonic clock, which all processes share. */
export const soakJob = defineJob('soak', {
  payload: z.object({ does: z.enum(SOAK_ACTS), ms: z.int(), addedAt: z.number() }),
  result: z.object({ attempt: z.int() }),
})

/** Runs when a bundle has stopped. */
export const afterBundleJob = defineJob('soak-after-bundle', { payload: z.object({}) })

/** Added by schedules. */
export const tickJob = defineJob('soak-tick', { payload: z.object({}) })
