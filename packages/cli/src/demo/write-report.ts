import { createHash } from 'node:crypto'
import type { Job, JobQueue, ResultOf } from '@jq/core'
import { countFileJob } from './count-file-job.ts'
import { nameOfText } from './file-name.ts'
import type { reportJob } from './report-job.ts'

/** What a demo comes to. */
export type Report = ResultOf<typeof reportJob>

/**
 * Adds up the members of a bundle, in the order they were added, which is that of their paths. Nothing is kept of a member
 * that has been added, so that their number does not matter.
 */
export async function writeReport(members: AsyncIterable<Job>): Promise<Report> {
  const hash = createHash('sha256')
  const sum = { ...NOTHING }
  const failures: Report['failures'] = []
  for await (const member of members) {
    if (!countFileJob.is(member)) continue
    addFate(sum, member)
    if (member.result === null) {
      if (failures.push({ path: member.payload.path, reason: member.errorMsg ?? member.state }) > MOST_NAMED)
        failures.pop()
      continue
    }
    addCount(sum, member.result)
    hash.update(`${member.result.sha256}  `).update(nameOfText(member.payload.path)).update('\n')
  }
  return { ...sum, sha256: hash.digest('hex'), failed: sum.jobs - sum.files, failures }
}

/** The members of a bundle, page by page. */
export async function* membersOf(queue: JobQueue, bundleId: string): AsyncGenerator<Job> {
  let after: string | undefined
  do {
    const page = await queue.getJobs({ bundleId, limit: 500, after })
    yield* page.jobs
    after = page.next ?? undefined
  } while (after !== undefined)
}

/** A report is read by people: what failed in the hundreds has one cause. */
const MOST_NAMED = 10

type Sum = Omit<Report, 'sha256' | 'failed' | 'failures'>
const NOTHING: Sum = {
  files: 0,
  bytes: 0,
  lines: 0,
  words: 0,
  jobs: 0,
  attempts: 0,
  retries: 0,
  crashes: 0,
  recovered: 0,
}

function addFate(sum: Sum, { attempt, currentRetryCount, crashCount, state }: Job): void {
  sum.jobs += 1
  sum.attempts += attempt
  sum.retries += currentRetryCount
  sum.crashes += crashCount
  if (state === 'succeeded' && crashCount > 0) sum.recovered += 1
}

function addCount(sum: Sum, { bytes, lines, words }: ResultOf<typeof countFileJob>): void {
  sum.files += 1
  sum.bytes += bytes
  sum.lines += lines
  sum.words += words
}
