import type { Given, Leaf } from '../leaf.ts'
import { count, text } from '../option-kinds.ts'
import { askSurface } from '../with-queue.ts'
import { bundleColumns, type ShownBundle } from './bundle-columns.ts'

export const bundlesList: Leaf = {
  name: 'list',
  summary: 'list bundles, newest first',
  takes: 'queue',
  options: [
    text('--type <TYPE>', 'only of this type'),
    text('--origin <TEXT>', 'only of this origin'),
    count('--limit <N>', 'at most so many (default: 100)', { least: 1, most: 1_000 }),
  ],
  examples: ['jobqueue bundles list --type import --limit 10'],
  run,
}

async function run(given: Given<{ type?: string; origin?: string; limit?: number }>): Promise<void> {
  const { type = null, origin = null, limit = 100 } = given.flags
  const bundles = await askSurface<ShownBundle>(given, question, [type, origin, limit])
  await given.output.table({ bundles }, bundles, bundleColumns)
  if (bundles.length === 0) given.output.say('There are none.')
}

/** The stable view, in the words of the service. */
function question(schema: string): string {
  return `select id, type, origin, num_jobs as "numJobs", num_jobs_stopped as "numJobsStopped", num_jobs_failed as "numJobsFailed",
    epoch, sealed, created_at as "createdAt", updated_at as "updatedAt", stopped_at as "stoppedAt"
  from ${schema}.job_bundle_status
  where ($1::text is null or type = $1) and ($2::text is null or origin = $2)
  order by created_at desc, id desc limit $3`
}
