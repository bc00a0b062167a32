import pg from 'pg'
import type { Look } from './contender.ts'

/** What is asked of a database, by one column of one row each. */
export interface LookSql {
  readonly settled: string
  /** Null: no results are kept by default. */
  readonly kept: string | null
  readonly added: string
}

/** Opens a look by SQL. */
export function sqlLook(sql: LookSql): (url: string) => Promise<Look> {
  return async (url) => {
    const client = new pg.Client(url)
    await client.connect()
    const ask = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows[0]?.[0]
    return {
      settled: () => ask(sql.settled),
      kept: async () => (sql.kept === null ? null : ask(sql.kept)),
      added: () => ask(sql.added),
      close: () => client.end(),
    }
  }
}
