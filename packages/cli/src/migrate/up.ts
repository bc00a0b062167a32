import type { Given, Leaf } from '../leaf.ts'
import { count, toggle } from '../option-kinds.ts'
import { reachedPlace } from '../with-queue.ts'
import { UP_TO_DATE } from './status.ts'

export const migrateUp: Leaf = {
  name: 'up',
  summary: 'apply what is missing, in one transaction',
  takes: 'queue',
  options: [
    count('--to <VERSION>', 'stop at this version (default: the newest)', { least: 1 }),
    toggle('--dry-run', 'print the SQL, and run none of it'),
  ],
  exits: { 0: 'the schema is up to date', 1: 'a migration failed, and nothing was changed' },
  examples: [
    'jobqueue migrate up --connection postgres://app@localhost/app',
    'jobqueue migrate up --dry-run > review.sql',
  ],
  run,
}

async function run(given: Given<{ to?: number; dryRun?: true }>): Promise<void> {
  const { flags, output } = given
  const { migrate } = await import('@jq/db')
  const { applied, sql } = await migrate({
    ...(await reachedPlace(given)),
    to: flags.to,
    dryRun: flags.dryRun,
  })
  if (flags.dryRun) await output.data({ pending: applied, sql }, applied.length === 0 ? [] : [sql.trimEnd()])
  else await output.data({ applied }, applied)
  const done = flags.dryRun ? 'To be applied' : 'Applied'
  output.say(applied.length === 0 ? UP_TO_DATE : `${done}: ${applied.length}.`)
}
