import { randomBytes } from 'node:crypto'
import type { TestDatabase } from '@jq/testing'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll } from 'vitest'
import { type GrantRoles, grants } from '../src/index.ts'

export type Kind = keyof GrantRoles

/** The four roles of one test file: they belong to the whole server, so that no other file may meet them. */
export interface RoleLogins {
  readonly names: Record<Kind, string>
  /** The database, as one of the roles. */
  url(kind: Kind): string
  /** Runs one statement as one of the roles. */
  query(kind: Kind, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
}

export const kinds: readonly Kind[] = ['producer', 'worker', 'reader', 'admin']

/** Makes the roles, lets them log in, and gives them what `grants` says; removes them, and the database before, after the file's tests. */
export async function roleLogins(database: TestDatabase, serverUrl: string): Promise<RoleLogins> {
  const mark = randomBytes(4).toString('hex')
  const names = Object.fromEntries(kinds.map((kind) => [kind, `jq_${kind}_${mark}`])) as Record<Kind, string>
  const clients = new Map<Kind, pg.Client>()
  afterAll(async () => {
    await Promise.all([...clients.values()].map((client) => client.end()))
    await database.drop() // what a role has been granted keeps it
    const server = new pg.Client(serverUrl)
    await server.connect()
    await server.query(`drop role if exists ${Object.values(names).join(', ')}`)
    await server.end()
  })
  await database.query(grants({ roles: names, create: true }))
  await Promise.all(
    Object.values(names).map((name) => database.query(`alter role ${name} login password '${mark}'`)),
  )

  function url(kind: Kind): string {
    const address = new URL(database.url)
    address.username = names[kind]
    address.password = mark
    return address.href
  }

  async function clientOf(kind: Kind): Promise<pg.Client> {
    const known = clients.get(kind)
    if (known !== undefined) return known
    const client = new pg.Client(withSettings(url(kind), { idle_session_timeout: '0' })) // for all tests of a file
    client.on('error', () => undefined) // the database goes away under it at the end
    clients.set(kind, client)
    await client.connect()
    return client
  }

  return {
    names,
    url,
    query: async (kind, sql, values = []) => (await (await clientOf(kind)).query(sql, [...values])).rows,
  }
}
