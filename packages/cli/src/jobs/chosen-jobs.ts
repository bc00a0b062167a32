import type { JobFilter, JobId, JobQueue } from '@jq/core'
import type { Option } from 'commander'
import type { Given } from '../leaf.ts'
import { toggle } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'
import { type FilterFlags, filterOf, filterOptions } from './job-filter.ts'

/** Jobs by their ids, or all that a filter finds. */
export type ChoiceFlags = FilterFlags & { readonly all?: true; readonly yes?: true }

export const choiceOptions: readonly Option[] = [
  toggle('--all', 'all that the filters find, or all there are'),
  ...filterOptions,
]

/**
 * The ids of the jobs that were named, or that the filters find now: what is counted is what is then done.
 *
 * @throws Refusal unless one of the two was given
 */
export async function chosenJobs(
  queue: JobQueue,
  { args, flags }: Given<ChoiceFlags>,
): Promise<readonly JobId[]> {
  const filter = filterOf(flags)
  const isFiltered = Object.values(filter).some((one) => one !== undefined)
  if (args.length > 0 && (flags.all || isFiltered))
    throw new Refusal('Name jobs by their ids, or give --all with filters; not both.')
  if (args.length > 0) return [...new Set(args)]
  if (flags.all) return allOf(queue, filter)
  throw new Refusal(
    isFiltered
      ? 'Filters alone do nothing: add --all to mean all that they find.'
      : 'Which jobs? Give ids, or --all with filters.',
  )
}

/** Pages hold payloads, of which only the ids are kept. */
async function allOf(queue: JobQueue, filter: JobFilter): Promise<JobId[]> {
  const ids: JobId[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await queue.getJobs({ ...filter, limit: 1_000, after })
    for (const { id } of page.jobs) ids.push(id)
    after = page.next
  }
  return ids
}

/** Runs `work` for each, several at a time, so that a thousand do not take a thousand round trips' time. */
export async function forEachOf<T, Answer>(
  all: readonly T[],
  work: (one: T) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const lane = async () => {
    while (next < all.length) {
      const place = next++
      answers[place] = await work(all[place] as T)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return answers
}
