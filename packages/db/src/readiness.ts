import { NotMigratedError } from '@jq/core'
import type { Asks, Preparation, Readiness } from './database.ts'
import type { CheckedOptions } from './job-queue-options.ts'
import { bringUp, newestOf } from './migrate.ts'
import { sqlVerdict } from './sql-state.ts'
import type { Statements } from './statement.ts'
import { type ReadinessRow, readReadiness } from './statements/read-readiness.ts'

/** What is looked at before the first statement: the schema, brought up to date where asked, and the default isolation. */
export function readiness(
  statements: Statements,
  { schema, migrate, migrations }: CheckedOptions,
): Preparation {
  const known = newestOf(migrations)
  return async (asks) => {
    if (migrate === 'up') await bringUp(asks, schema, migrations)
    const { version, oldest_reader: oldestReader, isolation } = await readVersion(asks, statements, known)
    if (version >= known && oldestReader <= known)
      return { readCommitted: isolation === 'read committed', version } satisfies Readiness
    throw new NotMigratedError(refusal(schema, version, known))
  }
}

async function readVersion(asks: Asks, statements: Statements, known: number): Promise<ReadinessRow> {
  try {
    const [row] = await asks.ask(readReadiness(statements))
    return row ?? { version: 0, oldest_reader: 0, isolation: '' }
  } catch (error) {
    if (sqlVerdict(error) === 'notMigrated')
      throw new NotMigratedError(refusal(statements.schema, 0, known), { cause: error })
    throw error
  }
}

function refusal(schema: string, version: number, known: number): string {
  const option = schema === 'worker' ? '' : ` --schema ${schema}`
  if (version > known)
    return `The schema ${schema} has version ${version}; this code knows versions up to ${known}, which it serves no more. Update the @jq packages.`
  const found =
    version === 0
      ? `There is no job queue in the schema ${schema}`
      : `The schema ${schema} has version ${version}, and this code needs ${known}`
  return `${found}. Run: npx jobqueue migrate up${option}    (or pass migrate: 'up')`
}
