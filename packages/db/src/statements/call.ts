import { CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'

/** What a parameter of one of our functions may be; objects travel as one JSON text. */
export type Argument = string | number | boolean | null | readonly string[]

/**
 * Calls a function of the schema. The server keeps the plans of what stands inside, so that the statement itself costs next to
 * nothing to parse, although the driver sends it unnamed. Its text is made once.
 *
 * @param columns - what to read of the answer: names, or expressions that make text of it
 */
export function call<Row>(
  statements: Statements,
  name: string,
  args: Record<string, Argument>,
  columns: string,
): CompiledQuery<Row> {
  const keys = Object.keys(args)
  const shape = `${name} ${columns} ${keys.join()}`
  const text = statements.texts.get(shape) ?? textOf(statements, name, keys, columns)
  statements.texts.set(shape, text)
  return CompiledQuery.raw(text, Object.values(args)) as CompiledQuery<Row>
}

function textOf(
  { schema, kysely }: Statements,
  name: string,
  keys: readonly string[],
  columns: string,
): string {
  const given = keys.map((key) => sql`${sql.raw(key)} => ${null}`)
  const called = sql`select ${sql.raw(columns)} from ${sql.table(`${schema}.${name}`)}(${sql.join(given)})`
  return called.compile(kysely).sql
}
