import type { Job, JobPage } from '@jq/core'
import { checkedWish, type JobWish } from '@jq/core/internal'
import type { Asks } from './database.ts'
import type { Statements } from './statement.ts'
import { jobOf, readJobs } from './statements/read-jobs.ts'

/** As many members as are read at a time. */
const MEMBERS_AT_ONCE = 1_000

/** One job more than the page holds is read, which says whether another page follows. */
export async function readPage(asks: Asks, statements: Statements, wish: JobWish): Promise<JobPage> {
  const rows = (await asks.ask(readJobs(statements, { ...wish, limit: wish.limit + 1 }))).map(jobOf)
  const page = rows.slice(0, wish.limit)
  return {
    jobs: page.map(({ job }) => job),
    next: rows.length > wish.limit ? String(page.at(-1)?.seq) : null,
  }
}

/** All members of a bundle, in the order of adding. */
export async function readMembers(asks: Asks, statements: Statements, bundleId: string): Promise<Job[]> {
  const jobs: Job[] = []
  for (let after: string | undefined, more = true; more; ) {
    const wish = checkedWish({ bundleId, limit: MEMBERS_AT_ONCE, after })
    const page = await readPage(asks, statements, wish)
    jobs.push(...page.jobs)
    after = page.next ?? undefined
    more = page.next !== null
  }
  return jobs
}
