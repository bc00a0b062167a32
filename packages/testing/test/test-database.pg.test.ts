import { createTestDatabase } from '@jq/testing'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'

const serverUrl = inject('pgUrl')

async function databases(): Promise<string[]> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  const { rows } = await client.query('select datname from pg_database')
  await client.end()
  return rows.map(({ datname }) => datname)
}

test('test databases are empty and know nothing of each other', async () => {
  const [one, other] = await Promise.all([
    createTestDatabase({ serverUrl }),
    createTestDatabase({ serverUrl }),
  ])
  onTestFinished(async () => void (await Promise.all([one.drop(), other.drop()])))
  await one.query('create table public.here (id int); insert into public.here values (1)')
  expect(await one.query('select id from public.here where id = $1', [1])).toEqual([{ id: 1 }])
  expect(await other.query("select to_regclass('here') as found")).toEqual([{ found: null }])
})

test('the url of a test database leads to it', async () => {
  const database = await createTestDatabase({ serverUrl })
  onTestFinished(() => database.drop())
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query('select current_database() as name')
  await client.end()
  expect(rows).toEqual([{ name: database.name }])
})

test('a test database may have any name', async () => {
  const name = 'jq "test" ümlaut'
  const database = await createTestDatabase({ serverUrl, name })
  onTestFinished(() => database.drop())
  expect(await database.query('select current_database() as name')).toEqual([{ name }])
})

test('drop removes a database that is in use, and may be called again', async () => {
  const database = await createTestDatabase({ serverUrl })
  const client = new pg.Client(database.url)
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  const hanging = expect(database.query('select pg_sleep(600)')).rejects.toThrow()
  await Promise.all([database.drop(), database.drop(), hanging])
  expect(await databases()).not.toContain(database.name)
  expect(await ended).toBeInstanceOf(Error)
})
