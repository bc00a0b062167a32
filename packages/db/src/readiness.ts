import { NotMigratedError } from '@jq/core'
import type { Asks, Preparation, Readiness } from './database.ts'
import type { CheckedOptions } from './job-queue-options.ts'
import { bringUp } from './migrate.ts'
import { newestVersion } from './migrations.ts'
import { sqlVerdict } from './sql-state.ts'
import type { Statements } from './statement.ts'
import { readReadiness } from './statements/read-readiness.ts'

/** What is looked at before the first statement: the schema, brought up to date where asked, and the default isolation. */
export function readiness(statements: Statements, { schema, migrate }: CheckedOptions): Preparation {
  return async (asks) => {
    if (migrate === 'up') await bringUp(asks, schema)
    const { version, isolation } = await readVersion(asks, statements)
    if (version === newestVersion)
      return { readCommitted: isolation === 'read committed' } satisfies Readiness
    throw new NotMigratedError(refusal(schema, version))
  }
}

async function readVersion(
  asks: Asks,
  statements: Statements,
): Promise<{ version: number; isolation: string }> {
  try {
    const [row] = await asks.ask(readReadiness(statements))
    return { version: row?.version ?? 0, isolation: row?.isolation ?? '' }
  } catch (error) {
    if (sqlVerdict(error) === 'notMigrated')
      throw new NotMigratedError(refusal(statements.schema, 0), { cause: error })
    throw error
  }
}

function refusal(schema: string, version: number): string {
  const option = schema === 'worker' ? '' : ` --schema ${schema}`
  if (version > newestVersion)
    return `The schema ${schema} has version ${version}; this code knows versions up to ${newestVersion}. Update the @jq packages.`
  const found =
    version === 0
      ? `There is no job queue in the schema ${schema}`
      : `The schema ${schema} has version ${version}, and this code needs ${newestVersion}`
  return `${found}. Run: npx jobqueue migrate up${option}    (or pass migrate: 'up')`
}
