import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { onTestFinished } from 'vitest'

/**
 * A pool that notes every statement which goes over it, READ COMMITTED: where that is not the server's default, each goes with
 * a transaction around it.
 */
export function countedPool(connectionString: string): { pool: pg.Pool; statements: string[] } {
  const statements: string[] = []
  const readCommitted = { default_transaction_isolation: 'read committed' }
  const pool = new pg.Pool({ connectionString: withSettings(connectionString, readCommitted) })
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
