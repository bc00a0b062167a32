import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { withConnection } from './reach-database.ts'

/** Where a database is, without who enters it. */
export type Whereabouts = Pick<pg.Client, 'host' | 'port' | 'database'>

/** Runs `work` with a schema's name that nobody else has, and drops what was made under it, however the work ended. */
export async function withOwnSchema<T>(
  connectionString: string,
  prefix: string,
  work: (schema: string, where: Whereabouts) => Promise<T>,
): Promise<T> {
  const schema = `${prefix}_${randomBytes(6).toString('hex')}`
  const where = await withConnection(
    connectionString,
    async ({ host, port, database }): Promise<Whereabouts> => ({ host, port, database }),
  )
  const dropped = () =>
    withConnection(connectionString, (client) => client.query(`drop schema if exists ${schema} cascade`))
  try {
    const answer = await work(schema, where)
    await dropped()
    return answer
  } catch (error) {
    await dropped().catch(() => undefined) // what went wrong first is the news
    throw error
  }
}
