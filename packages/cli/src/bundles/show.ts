import { aligned, described } from '../columns.ts'
import { jobColumns } from '../jobs/job-columns.ts'
import type { Given, Leaf } from '../leaf.ts'
import { count, text } from '../option-kinds.ts'
import { withQueue } from '../with-queue.ts'

export const bundlesShow: Leaf = {
  name: 'show <ID>',
  summary: 'show one bundle and some of its members',
  takes: 'queue',
  options: [
    count('--limit <N>', 'at most so many members (default: 20)', { least: 1, most: 1_000 }),
    text('--after <PAGE>', 'go on where the members ended, by the `next` that was told'),
  ],
  exits: { 3: 'there is no such bundle' },
  examples: ['jobqueue bundles show 0197a000-0000-7000-8000-000000000001'],
  run,
}

async function run(given: Given<{ limit?: number; after?: string }>): Promise<void> {
  const id = given.args[0] ?? ''
  const { limit = 20, after } = given.flags
  const { bundle, jobs, next } = await withQueue(given, async (queue) => {
    const { bundle } = await queue.getBundleState(id)
    return { bundle, ...(await queue.getJobs({ bundleId: id, limit, after })) }
  })
  await given.output.data({ bundle, jobs, next }, [
    ...described(Object.entries(bundle)),
    '',
    ...aligned(jobs, jobColumns, undefined),
  ])
  if (next !== null) given.output.say(`There may be more: --after ${next}`)
}
