import { agreed, counted, yesOption } from '../confirm.ts'
import type { Given, Leaf } from '../leaf.ts'
import { count, toggle } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'
import { reachedPlace, withQueue } from '../with-queue.ts'

export const migrateDown: Leaf = {
  name: 'down',
  summary: 'drop the schema of the queue, with all jobs in it',
  about:
    'There is one way down, to version 0: migrations go forward only, and each leaves tables behind that serve the release before as well. To go back a release, start the older one.',
  takes: 'queue',
  options: [
    count('--to <VERSION>', 'the version to go down to: 0'),
    toggle('--dry-run', 'print the SQL, and run none of it'),
    yesOption,
  ],
  exits: {
    0: 'the schema is gone, or there was none',
    1: 'it failed, and nothing was changed',
    5: 'nobody agreed: nothing was changed',
  },
  examples: ['jobqueue migrate down --to 0 --dry-run', 'jobqueue migrate down --to 0 --schema jobs --yes'],
  run,
}

async function run(given: Given<{ to?: number; dryRun?: true; yes?: true }>): Promise<void> {
  const { flags, output } = given
  if (flags.to === undefined)
    throw new Refusal('Down to which version? There is one: --to 0, which drops everything.')
  if (flags.to !== 0)
    throw new Refusal('Migrations go forward only: the one way down is --to 0, which drops everything.')
  const place = await reachedPlace(given)
  const { removeSchema } = await import('@jq/db')
  const planned = await removeSchema({ ...place, dryRun: true })
  if (planned.sql === '') {
    await output.data({ removed: false, sql: '' }, [])
    return output.say(`There is no job queue in the schema ${place.schema}.`)
  }
  if (flags.dryRun) return output.data(planned, [planned.sql.trimEnd()])
  await agreed(given, `Drop the schema ${place.schema} with ${await contents(given)}`)
  await output.data(await removeSchema(place), [`The schema ${place.schema} is gone`])
}

/** One of another version cannot be counted; it can be dropped all the same. */
async function contents(given: Given): Promise<string> {
  try {
    const { numJobs, numJobBundles } = await withQueue(given, (queue) => queue.getStatus())
    return `${counted(numJobs, 'job')} and ${counted(numJobBundles, 'bundle')}`
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'not_migrated') throw error
    return 'all that is in it'
  }
}
