import type { Job, JobPage, LogPage } from '@jq/core'
import {
  checkedWish,
  type JobWish,
  type LogWish,
  logPlace,
  type ToDoWish,
  toDoPlace,
} from '@jq/core/internal'
import type { Asks } from './database.ts'
import type { Statements } from './statement.ts'
import { logLineOf, readLog } from './statements/log.ts'
import { type JsonRow, jobOf, readJobs, readJobsToDo } from './statements/read-jobs.ts'

/** As many members as are read at a time. */
const MEMBERS_AT_ONCE = 1_000

/** The jobs of a wish, newest first, or in the order of adding where it is of one bundle. */
export async function readPage(asks: Asks, statements: Statements, wish: JobWish): Promise<JobPage> {
  const rows = await asks.ask(readJobs(statements, { ...wish, limit: wish.limit + 1 }))
  return pageOf(rows, wish.limit, ({ seq }) => String(seq))
}

/** What waits and what runs, by its start. */
export async function readPageToDo(asks: Asks, statements: Statements, wish: ToDoWish): Promise<JobPage> {
  const rows = await asks.ask(readJobsToDo(statements, { ...wish, limit: wish.limit + 1 }))
  return pageOf(rows, wish.limit, ({ seq, startAt }) => toDoPlace(seq, startAt))
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

/** What a job's handlers said, oldest first. */
export async function readLogPage(
  asks: Asks,
  statements: Statements,
  jobId: string,
  { after, limit }: LogWish,
): Promise<LogPage> {
  const rows = await asks.ask(readLog(statements, jobId, { after, limit: limit + 1 }))
  const page = rows.slice(0, limit).map(logLineOf)
  const last = page.at(-1)
  return {
    lines: page.map(({ said }) => said),
    next: rows.length > limit && last !== undefined ? logPlace(last.place) : null,
  }
}

/** A row more than the page has tells that another follows. */
function pageOf(
  rows: readonly JsonRow[],
  limit: number,
  placeOf: (last: ReturnType<typeof jobOf>) => string,
): JobPage {
  const page = rows.slice(0, limit).map(jobOf)
  const last = page.at(-1)
  return {
    jobs: page.map(({ job }) => job),
    next: rows.length > limit && last !== undefined ? placeOf(last) : null,
  }
}
