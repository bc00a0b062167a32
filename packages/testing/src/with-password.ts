import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * A URL that opens the same database to a superuser with a password of its own, so that a server that asks for one is content; and
 * how to remove that user. What made it is over and in no session's last statement.
 */
export async function withPassword(
  url: string,
  password: string,
): Promise<{ readonly url: string; remove(): Promise<void> }> {
  const user = `jq_test_${randomBytes(8).toString('hex')}`
  await once(url, `create role ${user} superuser login password ${pg.escapeLiteral(password)}`)
  const opened = Object.assign(new URL(url), { username: user, password })
  return { url: opened.href, remove: () => once(url, `drop role ${user}`) }
}

async function once(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(statement).finally(() => client.end())
}
