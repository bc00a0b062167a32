import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@jq/testing'
import pg from 'pg'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await queueDatabase()
})

test('health names the session that holds the oldest snapshot, and never what it asked', async () => {
  const [holder, asking] = [await connected('month-end'), await connected('test')]
  await holder.query('begin isolation level repeatable read')
  const { rows } = await holder.query(
    `select 'secret' as asked, pg_backend_pid() as pid, current_user as name`,
  )
  await asking.query('select txid_current()') // so that the next one is younger
  await (await connected('later')).query('begin isolation level repeatable read; select 1')
  const [trouble, ...more] = await troubles(asking)
  expect(trouble).toMatch(
    new RegExp(
      `^Process ${rows[0].pid} .* open for \\d\\d:\\d\\d:\\d\\d: application month-end, user ${rows[0].name}, idle in transaction\\.`,
    ),
  )
  expect(trouble).not.toContain('secret')
  expect(more).toEqual([])
  await holder.query('rollback')
  expect(await troubles(asking)).toEqual([expect.stringContaining('application later')])
})

test('whoever has written and not committed holds what a snapshot holds', async () => {
  const holder = await connected('importer')
  await holder.query('begin; create table public.imported (n int)')
  expect(await troubles(await connected('test'))).toEqual([expect.stringContaining('application importer')])
})

test('a snapshot that is young, or since which little has happened, is not worth a word', async () => {
  const [holder, asking] = [await connected('month-end'), await connected('test')]
  await holder.query('begin isolation level repeatable read; select 1')
  expect(await troubles(asking, '5 minutes', -1)).toEqual([])
  expect(await troubles(asking, '0 seconds', 1_000_000)).toEqual([])
  const queue = createJobQueue({ connectionString: database.url })
  onTestFinished(() => queue.close())
  expect(await queue.health()).toMatchObject({ status: 'ok', reasons: [] })
})

// The function runs with its owner's rights, so it is the owner's sight that counts.
test('an owner that may not see the sessions of others tells of none, until it may', async () => {
  const [holder, asking] = [await connected('month-end'), await connected('test')]
  const owner = `owner_${randomUUID().slice(0, 8)}`
  await asking.query(`create role ${owner}`)
  onTestFinished(() => database.query(`drop owned by ${owner}; drop role ${owner}`).then(() => undefined))
  await asking.query(
    `grant usage on schema worker to ${owner}; grant select on all tables in schema worker to ${owner}`,
  )
  await holder.query('begin isolation level repeatable read; select 1')
  expect(await troubles(asking)).toHaveLength(1)
  await asking.query(`alter function worker.troubles owner to ${owner}`)
  expect(await troubles(asking)).toEqual([])
  await asking.query(`grant pg_read_all_stats to ${owner}`)
  expect(await troubles(asking)).toHaveLength(1)
  await asking.query('alter function worker.troubles owner to current_user')
})

/** The sentences about snapshots that were held for no time, with nothing since. */
async function troubles(client: pg.Client, mayHold = '0 seconds', harmless = -1): Promise<readonly string[]> {
  const { rows } = await client.query('select worker.troubles(may_hold => $1, harmless => $2) as trouble', [
    mayHold,
    harmless,
  ])
  return rows.map(({ trouble }) => trouble)
}

async function connected(name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: name })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}
