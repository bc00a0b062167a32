import type { Given, Leaf } from '../leaf.ts'
import { reachedPlace } from '../with-queue.ts'
import { UP_TO_DATE } from './status.ts'

export const migrateSql: Leaf = {
  name: 'sql',
  summary: 'print the SQL of what is missing, and run none of it',
  takes: 'queue',
  exits: { 0: 'printed, perhaps nothing', 1: 'the database could not be asked' },
  examples: ['jobqueue migrate sql --schema jobs > review.sql'],
  run,
}

async function run(given: Given): Promise<void> {
  const { migrate } = await import('@jq/db')
  const { applied, sql } = await migrate({ ...(await reachedPlace(given)), dryRun: true })
  await given.output.data({ pending: applied, sql }, applied.length === 0 ? [] : [sql.trimEnd()])
  if (applied.length === 0) given.output.say(UP_TO_DATE)
}
