import { migrate } from '@jq/db'
import { forEachInterleaving } from '@jq/testing/lab'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { titled, upkeepPairs } from '../../../test/anomalies.ts'
import { postgresUniverse } from './postgres-universe.ts'

// What no caller asks for, done by two processes at once, in every order of their steps.

const WORKER = '00000000-0000-7000-8000-00000000a11e'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
beforeAll(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  await universe.queue.schedule({ name: 'hourly', job: { type: 'work', payload: {} }, every: '1h' })
})
afterAll(() => universe.close())

const single = (name: keyof typeof upkeepPairs, body: () => Promise<void>) =>
  test(titled(name, upkeepPairs[name]), body)
// As our client's are, whatever the server's default is.
const transaction = (statement: string) => ['begin isolation level read committed', statement, 'commit']

single('two processes that move one schedule on give its tick one job', async () => {
  const tick = `select worker.run_ticks((select jsonb_agg(jsonb_build_object('name', p.name, 'key', p.key, 'revision', p.revision,
    'planned', p.next_run_at, 'next', p.next_run_at + interval '1 hour', 'waits', false, 'missed', 0,
    'ticks', jsonb_build_array(jsonb_build_object('at', p.next_run_at, 'id', gen_random_uuid())))) from public.plan p)) as moved`
  await forEachInterleaving({
    url: universe.url,
    first: transaction(tick),
    second: transaction(tick),
    before: async (client) => {
      await client.query(EMPTY)
      await client.query(`update worker.schedule set next_run_at = now(), plan_from = null`)
      await client.query(
        'drop table if exists public.plan; create table public.plan as select * from worker.schedule',
      ) // both have read it
    },
    after: async (client, { outcomes }) => {
      const rows = outcomes.flatMap(({ value }) => value as { moved?: number }[])
      expect(rows.reduce((sum, { moved = 0 }) => sum + moved, 0)).toBe(1)
      expect((await client.query('select from worker.job where tick is not null')).rows).toHaveLength(1)
      expect(await universe.broken()).toEqual([])
    },
  })
})

single('who migrates a schema that is up to date waits for no claim and takes none away', async () => {
  const claims = `select * from worker.step('${WORKER}', types => '{work}', rooms => '{1}', max_retries => '{0}', max_timeout_retries => '{0}',
    timeouts => '{0}', room => 1)`
  const { ordersWithWaits } = await forEachInterleaving({
    url: universe.url,
    first: [
      async function migrates() {
        expect((await migrate({ connectionString: universe.url })).applied).toEqual([])
      },
    ],
    second: transaction(claims),
    before: async (client) => {
      await client.query(EMPTY)
      await client.query(`select worker.beat('${WORKER}', 'h', 1, '0', '{work}', 1, '1 minute', true)`)
      await universe.queue.addMany([{ type: 'work', payload: {} }])
    },
    after: async (client) => {
      expect((await client.query('select attempt from worker.job_running')).rows).toEqual([{ attempt: 1 }])
      expect(await universe.broken()).toEqual([])
    },
  })
  expect(ordersWithWaits).toBe(0)
})

/** Only the schedule stays. */
const EMPTY = `
${['schedule_run', 'job_available', 'job_scheduled', 'job_running', 'job_stopped', 'job_key', 'job', 'worker'].map((table) => `delete from worker.${table};`).join(' ')}`
