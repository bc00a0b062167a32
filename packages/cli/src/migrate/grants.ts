import type { GrantRoles } from '@jq/db'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { text, toggle } from '../option-kinds.ts'
import { withConnection } from '../reach-database.ts'
import { placeOf } from '../with-queue.ts'

export const migrateGrants: Leaf = {
  name: 'grants',
  summary: 'print the SQL that gives four roles their rights, or run it',
  about:
    'What the roles had in this schema is taken away first. To be run again after each migration, which only the owner may do.',
  takes: 'queue',
  options: [
    text('--producer <ROLE>', 'adds jobs (default: jobqueue_producer)'),
    text('--worker <ROLE>', 'adds, reads, claims and settles (default: jobqueue_worker)'),
    text('--reader <ROLE>', 'reads everything (default: jobqueue_reader)'),
    text('--admin <ROLE>', 'all of this, and cancels, resets and deletes (default: jobqueue_admin)'),
    toggle('--create', 'make the roles that are missing, without login'),
    toggle('--apply', 'run it, as the owner of the schema'),
  ],
  exits: {
    0: 'printed, or granted',
    1: 'it was run and failed, and nothing was changed',
    2: 'could not begin: wrong arguments; with --apply: no connection, database out of reach',
  },
  examples: [
    'jobqueue migrate grants --producer web --worker jobs > review.sql',
    'jobqueue migrate grants --create --apply --connection postgres://owner@localhost/app',
  ],
  run,
}

interface Flags extends GrantRoles {
  create?: true
  apply?: true
}

async function run(given: Given<Flags>): Promise<ExitCode> {
  const { grants } = await import('@jq/db')
  const { producer, worker, reader, admin, create, apply, schema } = given.flags
  const sql = grants({ schema: schema ?? 'worker', roles: { producer, worker, reader, admin }, create })
  if (apply) {
    const failure = await runGrants(placeOf(given).connectionString, sql)
    if (failure !== undefined) {
      given.output.say(`jobqueue: ${failure}`)
      return 1
    }
    given.output.say('Granted.')
  }
  await given.output.data({ applied: apply === true, sql }, apply ? [] : [sql.trimEnd()])
  return 0
}

/** @returns what went wrong, and the way out */
async function runGrants(url: string, sql: string): Promise<string | undefined> {
  return withConnection(url, async (client) => {
    try {
      await client.query(sql)
      return undefined
    } catch (error) {
      const { message, code, hint } = error as Error & { code?: string; hint?: string }
      return `${message}. ${hint ?? WAYS_OUT[code ?? ''] ?? ''}`.trimEnd()
    }
  })
}

const WAYS_OUT: Readonly<Record<string, string>> = {
  '42704': 'Make the role, or let --create make it.',
  '42883': 'Run jobqueue migrate up first.',
}
