import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

/** Is the schema there, and of the version that this code reads and writes? */
export async function lookAtVersion({ ask, schema, known }: Patient): Promise<Verdict> {
  const option = schema === 'worker' ? '' : ` --schema ${schema}`
  const [there] = await ask<{ there: boolean }>(
    "select exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'schema_version') as there",
    [schema],
  )
  if (there?.there !== true)
    return found(`There is no job queue in the schema ${schema}.`, `Run: jobqueue migrate up${option}`)
  const [newest] = await ask<{ version: number; oldest_reader: number }>(
    'select version, oldest_reader from $schema.schema_version order by version desc limit 1',
  )
  const { version = 0, oldest_reader: oldestReader = 0 } = newest ?? {}
  if (version < known)
    return found(
      `The schema ${schema} has version ${version}, and this code needs ${known}.`,
      `Run: jobqueue migrate up${option}`,
    )
  if (oldestReader > known)
    return found(
      `The schema ${schema} has version ${version}, which serves this code no more: it knows ${known}.`,
      'Update the @jq packages.',
    )
  return well(`The schema ${schema} has version ${version}.`)
}

/** Is there an index that its making left half done? PostgreSQL keeps it up to date and never reads it. */
export async function lookAtIndexes({ ask, schema }: Patient): Promise<Verdict> {
  const invalid = await ask<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and not (i.indisvalid and i.indisready) order by 1`,
    [schema],
  )
  if (invalid.length === 0) return well('All indexes are valid.')
  const names = invalid.map(({ name }) => name).join(', ')
  return found(
    `Not valid, and so of no use: ${names}.`,
    `Make them anew: ${invalid.map(({ name }) => `reindex index concurrently "${schema}"."${name}"`).join('; ')}`,
  )
}
