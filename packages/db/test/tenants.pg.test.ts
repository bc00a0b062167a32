import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Hand, outcome } from '@jq/testing/conformance'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'

const page = readFileSync(new URL('../../../docs/tenants.md', import.meta.url), 'utf8')
// Roles belong to the whole server, where other runs may be: these are of this run alone.
const mark = randomBytes(4).toString('hex')
const [ada, bob, role] = [`ada_${mark}`, `bob_${mark}`, `tenant_${mark}`]
const recipe = (/^```sql\n(.*?)^```$/ms.exec(page)?.[1] ?? '').replace(/(to|role) tenant\b/g, `$1 ${role}`)

const database = await queueDatabase()
const queue = createJobQueue({ connectionString: database.url })
const clients = new Map<string, pg.Client>()

beforeAll(async () => {
  await database.query(recipe)
  for (const name of [ada, bob]) {
    await database.query(`create role ${name} login password '${mark}' in role ${role}`)
    const address = new URL(database.url)
    address.username = name
    address.password = mark
    // Where the server has it off, a tenant is shown an error and no row: see below.
    const client = new pg.Client(withSettings(address.href, { row_security: 'on' }))
    client.on('error', () => undefined) // the database goes away under it at the end
    await client.connect()
    clients.set(name, client)
  }
})
afterAll(async () => {
  await queue.close()
  await Promise.all([...clients.values()].map((client) => client.end()))
  await database.drop() // what a role has been granted keeps it
  const server = new pg.Client(inject('pgUrl'))
  await server.connect()
  await server.query(`drop role if exists ${ada}, ${bob}, ${role}`)
  await server.end()
})

const as = async (name: string, sql: string, values: unknown[] = []) =>
  (await (clients.get(name) as pg.Client).query(sql, values)).rows
const add = async (name: string, key: string | null = null): Promise<string> =>
  (await as(name, `select tenant.add_job('work', '{"secret": true}', $1) as id`, [key]))[0].id

// Check 7 of the security checks.
test('a tenant sees what it has asked and how that fared, and nothing of another', async () => {
  const [first, other] = [await add(ada), await add(bob)]
  const hand = await Hand.join(queue, { types: ['work'] })
  for (const _ of [first, other]) {
    const claimed = await hand.claimOne()
    await hand.settle(outcome.succeeded(claimed, '{"answer": 42}'))
  }
  await hand.leave()
  for (const [name, own] of [
    [ada, first],
    [bob, other],
  ] as const) {
    expect(await as(name, 'select id, origin from worker.job')).toEqual([{ id: own, origin: name }])
    expect(await as(name, 'select outcome from worker.job_stopped')).toHaveLength(1)
    expect(await as(name, 'select * from tenant.stats()')).toEqual([{ state: 'succeeded', jobs: '1' }])
  }
  expect(await as(ada, 'select from worker.job where id = $1', [other])).toEqual([])
  expect(await as(ada, `select from worker.job where payload @> '{"secret": true}'`)).toHaveLength(1)
})

test('a tenant cancels its own jobs and no others, whose id it may know', async () => {
  const id = await add(bob)
  expect(await as(ada, 'select tenant.cancel_job($1) as said', [id])).toEqual([{ said: 'notFound' }])
  expect(await queue.getJob(id)).toMatchObject({ state: 'available' })
  expect(await as(bob, 'select tenant.cancel_job($1) as said', [id])).toEqual([{ said: 'cancelled' }])
})

test('two tenants hold one unique key, and neither learns of the other', async () => {
  const [first, other] = [await add(ada, 'k'), await add(bob, 'k')]
  expect(other).not.toBe(first)
  expect(await add(ada, 'k')).toBe(first)
})

test.for([
  'select * from worker.job_status',
  'select * from worker.job_available',
  'select * from worker.event',
  `select worker.add_job('work', '{}', origin => 'bob')`,
  'select worker.cancel_job(gen_random_uuid())',
  `select * from worker.step(gen_random_uuid())`,
  `insert into worker.job (id, type, payload, origin) values (gen_random_uuid(), 'x', '{}', session_user)`,
  'update worker.job set origin = session_user',
  'delete from worker.job',
])('a tenant may not: %s', async (sql) => {
  await expect(as(ada, sql)).rejects.toMatchObject({ code: '42501' })
})

test('row security that is switched off shows a tenant an error and no row', async () => {
  await as(ada, 'set row_security = off')
  await expect(as(ada, 'select * from worker.job')).rejects.toMatchObject({ code: '42501' })
  await as(ada, 'set row_security = on')
})
