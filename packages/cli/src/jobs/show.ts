import type { Job, JobAttempt } from '@jq/core'
import { aligned, described } from '../columns.ts'
import type { Given, Leaf } from '../leaf.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const jobsShow: Leaf = {
  name: 'show <ID>',
  summary: 'show one job and the attempts that did not succeed',
  takes: 'queue',
  exits: { 3: 'there is no such job' },
  examples: [
    'jobqueue jobs show 0197a000-0000-7000-8000-000000000001',
    'jobqueue jobs show 0197a000-0000-7000-8000-000000000001 --json',
  ],
  run,
}

async function run(given: Given): Promise<void> {
  const id = given.args[0] ?? ''
  const { job, attempts } = await withQueue(given, async (queue) => ({
    job: await queue.getJob(id),
    attempts: await queue.getAttempts(id),
  }))
  if (job === null) throw notFound(`job ${id}`)
  await given.output.data({ job, attempts }, [
    ...described(Object.entries(job)),
    ...attemptLines(job, attempts),
  ])
}

function attemptLines({ attempt }: Job, attempts: readonly JobAttempt[]): string[] {
  if (attempts.length === 0) return []
  const lines = aligned(
    attempts,
    [
      ['ATTEMPT', (one) => one.attempt],
      ['OUTCOME', (one) => one.outcome],
      ['STARTED', (one) => one.startedAt],
      ['ENDED', (one) => one.endedAt],
      ['WORKER', (one) => one.workerId],
      ['ERROR', (one) => one.errorMsg],
    ],
    undefined,
  )
  return ['', `${attempts.length} of ${attempt} attempts did not succeed:`, ...lines]
}
