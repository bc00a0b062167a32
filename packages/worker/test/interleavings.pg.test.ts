import { forEachInterleaving } from '@jq/testing/lab'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { postgresUniverse } from './postgres-universe.ts'

// Two clients, each in a transaction of its own, in every order of their steps. Each order begins with a bundle of two whose
// members run, in the hands of two workers; listeners are there, so that each stop must leave its event.

const ALIVE = '00000000-0000-7000-8000-00000000a11e'
const SILENT = '00000000-0000-7000-8000-000000005117'
const BUNDLE = '00000000-0000-7000-8000-0000000000b0'
const FIRST = '00000000-0000-7000-8000-0000000000f1'
const SECOND = '00000000-0000-7000-8000-0000000000f2'
const THIRD = '00000000-0000-7000-8000-0000000000f3'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
beforeAll(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  await universe.queue.health() // the schema is there
})
afterAll(() => universe.close())

const transaction = (statement: string) => ['begin', statement, 'commit']
const settle = (job: string, worker = ALIVE) =>
  `select * from worker.settle_attempts((select jsonb_agg(jsonb_build_object('seq', r.seq, 'attempt', r.attempt, 'worker_id', '${worker}', 'outcome', 's'))
    from worker.job j join worker.job_running r using (seq) where j.id = '${job}'))`
const settleLast = settle(SECOND, SILENT)

describe('a bundle keeps its counts and stops once, in every order of', () => {
  const pairs = {
    'last || last': { first: settle(FIRST), second: settleLast },
    'last || reset of the other': {
      first: settleLast,
      second: `select worker.reset_job('${FIRST}')`,
      prepare: settle(FIRST),
    },
    'last || delete of the other': { first: settleLast, second: `select worker.delete_job('${FIRST}')` },
    'last || delete of itself': {
      first: settleLast,
      second: `select worker.delete_job('${SECOND}')`,
      prepare: settle(FIRST),
    },
    'last || reap': { first: settle(FIRST), second: 'select worker.reap_attempts()' },
    'late || reap': { first: settleLast, second: 'select worker.reap_attempts()', prepare: settle(FIRST) },
    'last || cancel': {
      first: settleLast,
      second: `select worker.cancel_job('${SECOND}')`,
      prepare: settle(FIRST),
    },
    'last || delete of the bundle': {
      first: settleLast,
      second: `select worker.delete_bundle('${BUNDLE}')`,
      prepare: settle(FIRST),
    },
    'delete || delete': {
      first: `select worker.delete_job('${FIRST}')`,
      second: `select worker.delete_job('${SECOND}')`,
    },
    'reset || reset': {
      first: `select worker.reset_job('${FIRST}')`,
      second: `select worker.reset_job('${FIRST}')`,
      prepare: settle(FIRST),
    },
  }
  for (const [name, { first, second, ...rest }] of Object.entries(pairs)) {
    const prepare = 'prepare' in rest ? rest.prepare : undefined
    test(name, async () => {
      const { orders } = await forEachInterleaving({
        url: universe.url,
        first: transaction(first),
        second: transaction(second),
        before: async (client) => {
          await client.query(SITUATION)
          if (prepare !== undefined) await client.query(prepare)
        },
        after: async (client) => {
          expect(await universe.broken()).toEqual([])
          const { rows } = await client.query(STOPS)
          for (const { epoch, events, followers } of rows)
            expect({ events, followers }).toEqual({ events: epoch, followers: epoch })
        },
      })
      expect(orders).toBe(20)
    })
  }
})

describe('a job stands in one place or is gone, in every order of', () => {
  const release = settle(FIRST).replace("'outcome', 's'", "'outcome', 'r'")
  const claim = `select * from worker.claim_jobs('${ALIVE}', '[{"type":"after","room":1,"max_retries":0,"max_timeout_retries":0,"timeout_ms":0}]', 1, false, 3)`
  const waiting = `select * from worker.insert_plain_jobs('[{"id":"${THIRD}","type":"after","origin":"o","payload":1}]')`
  const due = `select * from worker.insert_plain_jobs('[{"id":"${THIRD}","type":"after","origin":"o","payload":1,"run_after_ms":1}]'); select pg_sleep(0.002)`
  const pairs = {
    'release || delete': { first: release, second: `select worker.delete_job('${FIRST}')` },
    'release || cancel': { first: release, second: `select worker.cancel_job('${FIRST}')` },
    'release || reset': { first: release, second: `select worker.reset_job('${FIRST}', true)` },
    'claim || delete': { first: claim, second: `select worker.delete_job('${THIRD}')`, prepare: waiting },
    'claim || cancel': { first: claim, second: `select worker.cancel_job('${THIRD}')`, prepare: waiting },
    'promote || delete': {
      first: 'select worker.promote_jobs()',
      second: `select worker.delete_job('${THIRD}')`,
      prepare: due,
    },
    'promote || cancel': {
      first: 'select worker.promote_jobs()',
      second: `select worker.cancel_job('${THIRD}')`,
      prepare: due,
    },
  }
  for (const [name, { first, second, ...rest }] of Object.entries(pairs)) {
    const prepare = 'prepare' in rest ? rest.prepare : undefined
    test(name, async () => {
      await forEachInterleaving({
        url: universe.url,
        first: transaction(first),
        second: transaction(second),
        before: async (client) => {
          await client.query(SITUATION)
          if (prepare !== undefined) await client.query(prepare)
        },
        after: async () => expect(await universe.broken()).toEqual([]),
      })
    })
  }
})

test('two claims of one job, in every order, give it to one of them', async () => {
  const claim = (worker: string) =>
    `select * from worker.claim_jobs('${worker}', '[{"type":"alone","room":1,"max_retries":0,"max_timeout_retries":0,"timeout_ms":0}]', 1, false, 3)`
  await forEachInterleaving({
    url: universe.url,
    first: transaction(claim(ALIVE)),
    second: transaction(claim(SILENT)),
    before: async (client) => {
      await client.query(SITUATION)
      await client.query('update worker.worker set worker_alive_at = now()')
      await client.query(
        `select * from worker.insert_plain_jobs('[{"id":"${BUNDLE}","type":"alone","origin":"o","payload":1}]')`,
      )
    },
    after: async (client) => {
      const { rows } = await client.query(
        "select r.attempt from worker.job j join worker.job_running r using (seq) where j.type = 'alone'",
      )
      expect(rows).toEqual([{ attempt: 1 }])
      expect(await universe.broken()).toEqual([])
    },
  })
})

test('two adds of one unique key, in every order, are one job', async () => {
  const add = (id: string) =>
    `select * from worker.insert_jobs('[{"id":"${id}","type":"alone","origin":"o","payload":1,"unique_key":"k"}]')`
  await forEachInterleaving({
    url: universe.url,
    first: transaction(add(FIRST)),
    second: transaction(add(SECOND)),
    before: async (client) => {
      await client.query(EMPTY)
    },
    after: async (client) => {
      const { rows } = await client.query(
        "select count(*)::int as jobs from worker.job where unique_key = 'k'",
      )
      expect(rows).toEqual([{ jobs: 1 }])
      expect(await universe.broken()).toEqual([])
    },
  })
})

const EMPTY = `truncate worker.job, worker.job_available, worker.job_scheduled, worker.job_running, worker.job_stopped, worker.job_attempt,
  worker.job_key, worker.job_bundle, worker.worker, worker.event, worker.listener, worker.sleeper restart identity`

/** Both members run: the first in the hands of the living, the second in those of the silent, whose next crash is its last. */
const SITUATION = `
${EMPTY};
insert into worker.listener (id, jobs, bundles) values ('${ALIVE}', true, true);
select worker.beat('${ALIVE}', 'h', 1, '0', '{work}', 1, '1 minute', true), worker.beat('${SILENT}', 'h', 2, '0', '{work}', 1, '1 minute', true);
select * from worker.insert_whole_bundle('${BUNDLE}', 'b', 'o', '[{"type":"after","origin":"o","payload":1}]',
  '[{"id":"${FIRST}","type":"work","origin":"o","payload":1},{"id":"${SECOND}","type":"work","origin":"o","payload":2}]', true);
select * from worker.claim_jobs('${ALIVE}', '[{"type":"work","room":1,"max_retries":0,"max_timeout_retries":0,"timeout_ms":0}]', 1, false, 1);
select * from worker.claim_jobs('${SILENT}', '[{"type":"work","room":1,"max_retries":0,"max_timeout_retries":0,"timeout_ms":0}]', 1, false, 1);
update worker.worker set worker_alive_at = now() - interval '1 hour' where id = '${SILENT}';
`

const STOPS = `
select b.epoch, (select count(*)::int from worker.event e where e.kind = 'b' and e.bundle_id = b.id) as events,
  (select count(*)::int from worker.job j where j.after_bundle_id = b.id) as followers
from worker.job_bundle b`
