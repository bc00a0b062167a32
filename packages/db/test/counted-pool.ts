import pg from 'pg'
import { onTestFinished } from 'vitest'

/** A pool that notes every statement which goes over it. */
export function countedPool(connectionString: string): { pool: pg.Pool; statements: string[] } {
  const statements: string[] = []
  const pool = new pg.Pool({ connectionString })
  pool.on('error', () => undefined) // a server that stops tells connections that are on their way out, too
  pool.on('connect', (client) => {
    client.on('error', () => undefined) // as above, where one is lent
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    Object.assign(client, {
      query(...args: unknown[]) {
        statements.push(typeof args[0] === 'string' ? args[0] : (args[0] as { text: string }).text)
        return query(...args)
      },
    })
  })
  onTestFinished(() => pool.end())
  return { pool, statements }
}
