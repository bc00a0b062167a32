import { createTestDatabase, until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { connectEchoClient } from './echo-server.ts'
import { SSL_REQUEST } from './protocol-messages.ts'

const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
afterAll(() => database.drop())
beforeAll(() => database.query('create table public.note (id int primary key)'))
beforeEach(() => database.query('truncate public.note'))

async function startProxy() {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  return proxy
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

async function notes(): Promise<number[]> {
  return (await database.query<{ id: number }>('select id from public.note order by id')).map(({ id }) => id)
}

const isInsert = (sql: string) => sql.startsWith('insert')

test('PostgreSQL is spoken through the proxy', async () => {
  const client = await connect((await startProxy()).url(database.url))
  const { rows } = await client.query("select repeat('x', $1::int) as long", [5_000_000])
  expect(rows[0].long).toHaveLength(5_000_000)
})

test('notifications are dropped and everything else passes', async () => {
  const proxy = await startProxy()
  const [through, beside] = [await connect(proxy.url(database.url)), await connect(database.url)]
  const heard: (string | undefined)[] = []
  through.on('notification', ({ payload }) => heard.push(payload))
  await through.query('listen news')
  await beside.query("notify news, 'one'")
  await until('the first is heard', () => heard.length === 1)
  proxy.dropNotifications()
  const before = proxy.bytes.fromServer
  await beside.query("notify news, 'two'")
  await until('the second is dropped', () => proxy.bytes.fromServer > before)
  proxy.filterServer()
  await beside.query("notify news, 'three'")
  await until('the third is heard', () => heard.length === 2)
  expect(heard).toEqual(['one', 'three'])
})

test('notifications among the replies to a statement are dropped too', async () => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  const heard: unknown[] = []
  client.on('notification', (notification) => heard.push(notification))
  await client.query('listen news')
  proxy.dropNotifications()
  await client.query('notify news; select 1')
  const { rows } = await client.query('select 2 as two')
  expect([rows, heard]).toEqual([[{ two: 2 }], []])
})

test.each([
  ['a simple statement', (client: pg.Client) => client.query('insert into public.note values (1)')],
  [
    'a statement with values',
    (client: pg.Client) => client.query('insert into public.note values ($1)', [1]),
  ],
  [
    'a prepared statement',
    (client: pg.Client) =>
      client.query({ name: 'n', text: 'insert into public.note values ($1)', values: [1] }),
  ],
])('%s whose reply is lost has been done', async (_, insert) => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  const { lost } = proxy.loseReplyOf(isInsert)
  await expect(insert(client)).rejects.toThrow()
  expect(lost).toMatchObject([{ executed: true, failed: false }])
  expect(await notes()).toEqual([1])
  await until('the connection has gone', () => proxy.connections === 0)
})

test('a prepared statement loses its reply at a later execution too', async () => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  const insert = (id: number) =>
    client.query({ name: 'n', text: 'insert into public.note values ($1)', values: [id] })
  await insert(1)
  proxy.loseReplyOf(isInsert)
  await expect(insert(2)).rejects.toThrow()
  expect(await notes()).toEqual([1, 2])
})

test('a transaction whose commit loses its reply is committed', async () => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  const { lost } = proxy.loseReplyOf((sql) => /^commit/i.test(sql))
  await client.query('begin')
  await client.query('insert into public.note values (1)')
  await expect(client.query('commit')).rejects.toThrow()
  expect(lost).toEqual([{ sql: 'commit', executed: true, failed: false }])
  expect(await notes()).toEqual([1])
})

test('a transaction whose commit never arrives is rolled back', async () => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  const { lost } = proxy.loseRequestOf((sql) => /^commit/i.test(sql))
  await client.query('begin')
  await client.query('insert into public.note values (1)')
  await expect(client.query('commit')).rejects.toThrow()
  expect(lost).toEqual([{ sql: 'commit', executed: false, failed: false }])
  expect(await notes()).toEqual([])
})

test('each of many lost replies strikes one statement of one connection', async () => {
  const proxy = await startProxy()
  const pool = new pg.Pool({ connectionString: proxy.url(database.url), max: 4 })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  const { lost } = proxy.loseReplyOf(isInsert, { times: 20 })
  const inserts = Array.from({ length: 40 }, (_, id) =>
    pool.query('insert into public.note values ($1)', [id]),
  )
  const settled = await Promise.allSettled(inserts)
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(20)
  expect(lost).toHaveLength(20)
  expect(await notes()).toHaveLength(40)
})

test('in a black hole a query waits until its own time-out', async () => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  proxy.blackhole()
  const query = client.query({ text: 'select 1', query_timeout: 100 } as pg.QueryConfig)
  await expect(query).rejects.toThrow('timeout')
  expect(proxy.connections).toBe(1)
})

test('a statement that is held runs when the network is back', async () => {
  const proxy = await startProxy()
  const client = await connect(proxy.url(database.url))
  proxy.hold()
  const before = proxy.bytes.fromClients
  const insert = client.query('insert into public.note values (1)')
  await until('it is held', () => proxy.bytes.fromClients > before)
  expect(await notes()).toEqual([])
  proxy.pass()
  await insert
  expect(await notes()).toEqual([1])
})

test('the answer to a request for encryption passes, though it is no message', async () => {
  const proxy = await startProxy()
  proxy.dropNotifications()
  const client = await connectEchoClient(proxy.port)
  client.socket.write(SSL_REQUEST)
  await until('the answer is here', () => /^[NS]$/.test(client.heard()))
})
