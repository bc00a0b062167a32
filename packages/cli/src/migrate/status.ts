import type { MigrationStatus } from '@jq/db'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { reachedPlace } from '../with-queue.ts'

export const UP_TO_DATE = 'The schema is up to date.'

export const migrateStatus: Leaf = {
  name: 'status',
  summary: 'list all migrations and when each was applied',
  takes: 'queue',
  exits: { 0: 'the schema is up to date', 1: 'migrations are pending' },
  examples: ['DATABASE_URL=postgres://app@localhost/app jobqueue migrate status --json'],
  run,
}

async function run(given: Given): Promise<ExitCode> {
  const { migrationStatus } = await import('@jq/db')
  const all = await migrationStatus(await reachedPlace(given))
  const pending = all.filter(({ appliedAt }) => appliedAt === null).length
  await given.output.table(all, all, [
    ['APPLIED', appliedAt],
    ['VERSION', ({ version }) => version],
    ['NAME', ({ name }) => name],
  ])
  given.output.say(pending === 0 ? UP_TO_DATE : `Pending: ${pending}. Apply with: jobqueue migrate up`)
  return pending === 0 ? 0 : 1
}

function appliedAt({ appliedAt }: MigrationStatus): Date | string {
  return appliedAt ?? 'pending'
}
