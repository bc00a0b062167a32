// The isolated handler: eats all memory that its thread may have at its first attempt, and ends at once at the others.
import type { Handler } from '@jq/worker'
import { eatMemory } from './eat-memory.ts'
import type { isolatedJob } from './lab-job.ts'

export default (async (_, { job }) => {
  if (job.attempt === 1) eatMemory()
  return { attempt: job.attempt }
}) satisfies Handler<typeof isolatedJob>
