import { defineJob } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { z } from 'zod'
import { anything } from './queue-here.ts'

/** A module of handlers, as users write them. */
export default function register(worker: JobWorker): void {
  worker.register(anything, () => undefined)
  worker.register(defineJob('other', { payload: z.unknown() }), () => undefined)
}
