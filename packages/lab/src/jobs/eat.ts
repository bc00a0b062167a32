// The isolated handler: eats all memory that its thread may have at its first attempt, and ends at once at the others.
import type { Handler } from '@jq/worker'
import type { isolatedJob } from './lab-job.ts'

export default (async (_, { job }) => {
  if (job.attempt === 1) eat()
  return { attempt: job.attempt }
}) satisfies Handler<typeof isolatedJob>

function eat(): never {
  for (const eaten: unknown[] = []; ; ) eaten.push(new Array(100_000).fill({}))
}
