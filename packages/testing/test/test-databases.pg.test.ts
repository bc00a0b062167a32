import { startTestDatabases } from '@jq/testing'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'

const serverUrl = inject('pgUrl')

const prepare = ({ query }: { query(sql: string): Promise<unknown> }) =>
  query('create table public.here (id int); insert into public.here values (1)')

async function databaseNames(): Promise<string[]> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  const { rows } = await client.query('select datname from pg_database')
  await client.end()
  return rows.map(({ datname }) => datname)
}

test('each database begins with what was prepared once, and knows nothing of the others', async () => {
  let prepared = 0
  const databases = await startTestDatabases({
    serverUrl,
    prepare: async (original) => {
      prepared++
      await prepare(original)
    },
  })
  onTestFinished(() => databases.stop())
  const [one, other] = await Promise.all([databases.create(), databases.create()])
  await one.query('insert into public.here values (2)')
  expect(await one.query('select id from public.here order by id')).toEqual([{ id: 1 }, { id: 2 }])
  expect(await other.query('select id from public.here')).toEqual([{ id: 1 }])
  expect(prepared).toBe(1)
})

test('what was prepared can be copied although somebody forgot to disconnect', async () => {
  let forgotten: pg.Client | undefined
  const databases = await startTestDatabases({
    serverUrl,
    prepare: async ({ url }) => {
      forgotten = new pg.Client(url)
      forgotten.on('error', () => undefined)
      await forgotten.connect()
      await forgotten.query('create table public.here (id int)')
    },
  })
  onTestFinished(() => databases.stop())
  const { query } = await databases.create()
  expect(await query('select id from public.here')).toEqual([])
})

test('stop removes every database that was made, also one in use, and may be called again', async () => {
  const databases = await startTestDatabases({ serverUrl, prepare })
  const { name, query } = await databases.create()
  expect(await databaseNames()).toContain(name)
  const hanging = expect(query('select pg_sleep(600)')).rejects.toThrow()
  await Promise.all([databases.stop(), databases.stop(), hanging])
  expect(await databaseNames()).not.toContain(name)
})

test('a preparation that fails leaves no database behind', async () => {
  const names: string[] = []
  const failing = startTestDatabases({
    serverUrl,
    prepare: async ({ name }) => {
      names.push(name)
      throw new Error('no tables today')
    },
  })
  await expect(failing).rejects.toThrow('no tables today')
  expect(await databaseNames()).not.toContain(names[0])
})

test('without a server one is started that needs no installation, and ends with stop', async () => {
  const databases = await startTestDatabases({ serverUrl: '', prepare })
  const { query } = await databases.create()
  expect(await query('select id from public.here')).toEqual([{ id: 1 }])
  await databases.stop()
  await expect(new pg.Client(databases.serverUrl).connect()).rejects.toThrow('ECONNREFUSED')
})
