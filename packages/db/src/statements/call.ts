import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'

/** What a parameter of one of our functions may be; objects travel as one JSON text. */
export type Argument = string | number | boolean | null | readonly string[]

/**
 * Calls a function of the schema. The server keeps the plans of what stands inside, so that the statement itself costs next to
 * nothing to parse, although the driver sends it unnamed.
 *
 * @param columns - what to read of the answer: names, or expressions that make text of it
 */
export function call<Row>(
  { schema, kysely }: Statements,
  name: string,
  args: Record<string, Argument>,
  columns: string,
): CompiledQuery<Row> {
  const given = Object.entries(args).map(([key, value]) => sql`${sql.raw(key)} => ${value}`)
  return sql<Row>`select ${sql.raw(columns)} from ${sql.table(`${schema}.${name}`)}(${sql.join(given)})`.compile(
    kysely,
  )
}
