import { type GrantRoles, grants } from '@jq/db'
import { requiredConnectionOf } from './connection.ts'
import { withConnection } from './reach-database.ts'

/** What `jobqueue migrate grants` was given. */
export interface GrantsFlags extends GrantRoles {
  connection?: string
  schema?: string
  create?: true
  apply?: true
  json?: true
}

/** Prints the SQL of the grants, or runs it. @returns the exit code: 1 where it was run and failed */
export async function migrateGrants(flags: GrantsFlags): Promise<number> {
  const { connection, schema, create, apply, json, ...roles } = flags
  const sql = grants({ schema: schema ?? (process.env.JOBQUEUE_SCHEMA || 'worker'), roles, create })
  if (apply) {
    const failure = await runGrants(requiredConnectionOf(connection, process.env), sql)
    if (failure !== undefined) {
      console.error(`jobqueue: ${failure}`)
      return 1
    }
    console.error('Granted.')
  }
  if (json) console.log(JSON.stringify({ applied: apply === true, sql }))
  else if (!apply) console.log(sql.trimEnd())
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
