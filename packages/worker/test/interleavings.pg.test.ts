import { forEachInterleaving, type InterleavingRun, withSettings } from '@jq/testing/lab'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import {
  beginPairs,
  bundlePairs,
  otherPairs,
  placePairs,
  sweepPairs,
  titled,
} from '../../../test/anomalies.ts'
import { postgresUniverse } from './postgres-universe.ts'

// Two clients, each in a transaction of its own, in every order of their steps. Each order begins with a bundle of two whose
// members run, in the hands of two workers; listeners are there, so that each stop must leave its event. What each pair would come
// to, if what keeps it apart were missing, stands in test/anomalies.ts, and so in docs/interleavings.md.

const ALIVE = '00000000-0000-7000-8000-00000000a11e'
const SILENT = '00000000-0000-7000-8000-000000005117'
const BUNDLE = '00000000-0000-7000-8000-0000000000b0'
const EARLIER = '00000000-0000-7000-8000-0000000000a0'
const FIRST = '00000000-0000-7000-8000-0000000000f1'
const SECOND = '00000000-0000-7000-8000-0000000000f2'
const THIRD = '00000000-0000-7000-8000-0000000000f3'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
beforeAll(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  await universe.queue.health() // the schema is there
})
afterAll(() => universe.close())

// READ COMMITTED as our client's transactions are, whatever the server's default is: others would be told to repeat.
const transaction = (statement: string) => ['begin isolation level read committed', statement, 'commit']
const inHand = (job: string, column: string) =>
  `array(select r.${column} from worker.job j join worker.job_running r using (seq) where j.id = '${job}')`
const settle = (job: string, worker = ALIVE, bundle = BUNDLE) =>
  `select * from worker.step('${worker}', done => ${inHand(job, 'seq')}, attempts => ${inHand(job, 'attempt')}, bundles => '{${bundle}}')`
const release = (job: string, worker = ALIVE) =>
  `select * from worker.settle_attempts((select jsonb_agg(jsonb_build_object('seq', r.seq, 'attempt', r.attempt, 'worker_id', '${worker}', 'outcome', 'r'))
    from worker.job j join worker.job_running r using (seq) where j.id = '${job}'))`
const claim = (worker: string, { type = 'work', room = 1, more = 'max_crashes => 3' } = {}) =>
  `select * from worker.step('${worker}', types => '{${type}}', rooms => '{${room}}', max_retries => '{0}', max_timeout_retries => '{0}', timeouts => '{0}',
    room => ${room}, ${more})`
const settleLast = settle(SECOND, SILENT)

const single = (name: keyof typeof otherPairs, body: () => Promise<void>) =>
  test(titled(name, otherPairs[name]), body)

interface Clients {
  readonly first: string
  readonly second: string
  readonly prepare?: string
}

describe('a bundle keeps its counts and stops once, in every order of', () => {
  const pairs: Record<keyof typeof bundlePairs, Clients> = {
    'last || last': { first: settle(FIRST), second: settleLast },
    'last || reset of the other': {
      first: settleLast,
      second: `select worker.reset_job('${FIRST}')`,
      prepare: settle(FIRST),
    },
    'last || reset of itself': {
      first: settleLast,
      second: `select worker.reset_job('${SECOND}')`,
      prepare: settle(FIRST),
    },
    'last || reset of itself, which asks it to end': {
      first: settleLast,
      second: `select worker.reset_job('${SECOND}', true)`,
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
  for (const [name, pair] of Object.entries(bundlePairs)) {
    const { first, second, prepare } = pairs[name as keyof typeof pairs]
    test(titled(name, pair), async () => {
      const { orders } = await forEachInterleaving({
        url: universe.url,
        first: transaction(first),
        second: transaction(second),
        before: async (client) => {
          await client.query(SITUATION)
          if (prepare !== undefined) await client.query(prepare)
        },
        after: async (client, { outcomes }) => {
          expect(await universe.broken()).toEqual([])
          if (isWish(outcomes, second)) expect(await wishesHeard(client)).toBe(1)
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
  const claims = claim(ALIVE, { type: 'after' })
  const waiting = `select * from worker.insert_plain_jobs('[{"id":"${THIRD}","type":"after","origin":"o","payload":1}]')`
  const due = `select * from worker.insert_plain_jobs('[{"id":"${THIRD}","type":"after","origin":"o","payload":1,"run_after_ms":1}]'); select pg_sleep(0.002)`
  const pairs: Record<keyof typeof placePairs, Clients> = {
    'release || delete': { first: release(FIRST), second: `select worker.delete_job('${FIRST}')` },
    'release || cancel': { first: release(FIRST), second: `select worker.cancel_job('${FIRST}')` },
    'release || reset': { first: release(FIRST), second: `select worker.reset_job('${FIRST}', true)` },
    'claim || delete': { first: claims, second: `select worker.delete_job('${THIRD}')`, prepare: waiting },
    'claim || cancel': { first: claims, second: `select worker.cancel_job('${THIRD}')`, prepare: waiting },
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
  for (const [name, pair] of Object.entries(placePairs)) {
    const { first, second, prepare } = pairs[name as keyof typeof pairs]
    test(titled(name, pair), async () => {
      await forEachInterleaving({
        url: universe.url,
        first: transaction(first),
        second: transaction(second),
        before: async (client) => {
          await client.query(SITUATION)
          if (prepare !== undefined) await client.query(prepare)
        },
        after: async (client, { outcomes }) => {
          expect(await universe.broken()).toEqual([])
          if (isWish(outcomes, second)) expect(await wishesHeard(client)).toBe(1)
        },
      })
    })
  }
})

single('two claims of one job, in every order, give it to one of them', async () => {
  await forEachInterleaving({
    url: universe.url,
    first: transaction(claim(ALIVE, { type: 'alone' })),
    second: transaction(claim(SILENT, { type: 'alone' })),
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

// The reaper chooses, and locks what it has chosen, before it asks for anything else: here somebody keeps it waiting in between.
single('a reaper that is held up after it has chosen, in every order, ends no later attempt', async () => {
  const ends = new Set<string>()
  const claims = claim(ALIVE, { room: 2 })
  await forEachInterleaving({
    url: universe.url,
    first: [
      'begin isolation level read committed',
      `select from worker.sleeper where worker_id = '${SILENT}' for update`,
      release(SECOND, SILENT),
      claims,
      'commit',
    ],
    second: ['select * from worker.reap_attempts()'],
    before: async (client) => {
      await client.query(SITUATION)
      await client.query(`insert into worker.sleeper (worker_id, job_types) values ('${SILENT}', '{work}')`)
    },
    after: async (client, { outcomes }) => {
      expect(await universe.broken()).toEqual([])
      const { rows } = await client.query(
        `select r.attempt, r.worker_id from worker.job j join worker.job_running r using (seq) where j.id = '${SECOND}'`,
      )
      const claimed = answerOf(outcomes, claims) !== undefined
      expect(rows).toEqual(claimed ? [{ attempt: 2, worker_id: ALIVE }] : [])
      ends.add(claimed ? 'claimed again' : 'reaped')
    },
  })
  expect(ends).toEqual(new Set(['claimed again', 'reaped']))
})

single('two adds of one unique key, in every order, are one job', async () => {
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

single(
  'a clear-up of what has finished and a reset, in every order, delete nothing that was to run again',
  async () => {
    const ends = new Set<string>()
    const reset = `select worker.reset_job('${THIRD}') as answer`
    await forEachInterleaving({
      url: universe.url,
      first: transaction(reset),
      second: transaction(`select worker.delete_finished_jobs('0 s', 100)`),
      before: async (client) => {
        await client.query(FINISHED_ALONE)
      },
      after: async (client, { outcomes }) => {
        expect(await universe.broken()).toEqual([])
        const wasReset = answerOf(outcomes, reset)?.answer === 'reset'
        expect((await client.query('select from worker.job_available')).rows).toHaveLength(wasReset ? 1 : 0)
        ends.add(wasReset ? 'reset' : 'gone')
      },
    })
    expect(ends).toEqual(new Set(['reset', 'gone']))
  },
)

const ENDED = 'settle of the last member, which began anew'
type Ended = typeof ENDED

describe('a stopped bundle that retention may delete is whole or gone, and nobody is told otherwise, in every order of', () => {
  const sweeps = {
    'a sweep': `select * from worker.delete_outdated('10 minutes', '10 minutes', null)`,
    'a bundle that asked to be deleted': `select * from worker.delete_outdated('1 year', '1 year', null)`,
  }
  const commands: Record<Exclude<keyof typeof sweepPairs, Ended | 'another sweep'>, string> = {
    'reset of a member': `select worker.reset_job('${FIRST}') = 'reset' as kept`,
    'resets of the members': `select worker.reset_jobs('["${FIRST}", "${SECOND}"]', false) = 2 as kept`,
    'another start of a member': `select worker.set_job_start('${FIRST}', now() + interval '1 hour') = 'set' as kept`,
    'delete of a member': `select worker.delete_job('${FIRST}') as deleted`,
    'delete of the bundle': `select worker.delete_bundle('${BUNDLE}') as deleted`,
    'cancel of the bundle': `select * from worker.cancel_bundle('${BUNDLE}')`,
    'a look at its members by a transaction': `select true as held from worker.job_stopped s join worker.job j using (seq) where j.id = '${FIRST}' for update of s`,
  }
  for (const [what, sweep] of Object.entries(sweeps))
    for (const [name, command] of Object.entries(commands))
      test(titled(`${what} || ${name}`, sweepPairs[name as keyof typeof commands]), async () => {
        const ends = new Set<string>()
        const { ordersWithWaits } = await forEachInterleaving({
          url: universe.url,
          first: transaction(sweep),
          second: transaction(command),
          before: async (client) => {
            await client.query(STOPPED_LONG_AGO)
          },
          after: async (client, { outcomes, order }) => {
            expect(await universe.broken()).toEqual([])
            if (command.includes('as held')) expect(waitedForTheOther(order, outcomes)).toBe(false)
            const { rows } = await client.query(MEMBERS)
            const answer = answerOf(outcomes, command)
            if (answer?.kept) expect(rows[0].first).toBe(1)
            if ('deleted' in (answer ?? {})) expect(rows[0].first).toBe(0)
            ends.add(rows[0].members === 0 ? 'gone' : 'there')
          },
        })
        expect(ends).toContain('gone')
        if (name === 'cancel of the bundle') expect(ordersWithWaits).toBe(0)
        if (command.includes('as kept')) expect(ends).toEqual(new Set(['gone', 'there']))
      })

  for (const [what, sweep] of Object.entries(sweeps)) {
    // The sweep has judged both bundles when it is kept waiting at the first.
    test(titled(`${what} || ${ENDED}`, sweepPairs[ENDED]), async () => {
      const ends = new Set<string>()
      const reset = `select worker.reset_job('${SECOND}') as answer`
      await forEachInterleaving({
        // As our client asks, whatever the server's default is.
        url: withSettings(universe.url, { default_transaction_isolation: 'read committed' }),
        first: [sweep],
        second: [
          'begin isolation level read committed',
          `select from worker.job where id = '${THIRD}' for update`,
          reset,
          claim(ALIVE, { more: 'max_crashes => 1' }),
          settle(SECOND),
          'commit',
        ],
        before: async (client) => {
          await client.query(TWO_STOPPED_LONG_AGO)
        },
        after: async (client, { outcomes }) => {
          expect(await universe.broken()).toEqual([])
          const began = answerOf(outcomes, reset)?.answer === 'reset'
          const { rows } = await client.query('select id, num_stopped, epoch from worker.job_bundle')
          // It stopped just now, and is kept for a minute at least.
          expect(rows).toEqual(began ? [{ id: BUNDLE, num_stopped: 2, epoch: 2 }] : [])
          ends.add(began ? 'began anew' : 'gone')
        },
      })
      expect(ends).toEqual(new Set(['began anew', 'gone']))
    })

    test(titled(`${what} || ${what}`, sweepPairs['another sweep']), async () => {
      await forEachInterleaving({
        url: universe.url,
        first: transaction(sweep),
        second: transaction(sweep),
        before: async (client) => {
          await client.query(STOPPED_LONG_AGO)
        },
        after: async (client, { outcomes, order }) => {
          expect(await universe.broken()).toEqual([])
          expect(waitedForTheOther(order, outcomes)).toBe(false) // who comes second has nothing to do
          expect((await client.query(MEMBERS)).rows).toEqual([{ members: 0, first: 0 }])
        },
      })
    })
  }
})

describe('an attempt that was claimed ahead costs a crash only if it began, in every order of', () => {
  const begin = `select b.verdict from worker.begin_attempts('${SILENT}', '[{"seq":1,"attempt":1,"ago_ms":0,"timeout_ms":0}]') b`
  const pairs: Record<keyof typeof beginPairs, string> = {
    'begin || reap': `select worker.reap_attempts()`,
    'begin || cancel': `select worker.cancel_job('${FIRST}')`,
    'begin || reset': `select worker.reset_job('${FIRST}', true)`,
    'begin || delete': `select worker.delete_job('${FIRST}')`,
  }
  for (const [name, command] of Object.entries(pairs))
    test(titled(name, beginPairs[name as keyof typeof pairs]), async () => {
      const ends = new Set<string>()
      await forEachInterleaving({
        url: universe.url,
        first: transaction(begin),
        second: transaction(command),
        before: async (client) => {
          await client.query(CLAIMED_AHEAD)
        },
        after: async (client, { outcomes }) => {
          expect(await universe.broken()).toEqual([])
          const told = answerOf(outcomes, begin)?.verdict ?? 'begun'
          const { rows } = await client.query(FIRST_NOW)
          ends.add(`${told}: ${rows[0]?.now ?? 'is gone'}`)
        },
      })
      expect([...ends].sort()).toEqual(ENDS[name as keyof typeof ENDS])
    })
})

const ENDS = {
  'begin || reap': ['begun: crashed', 'begun: runs', 'busy: released', 'lost: released'],
  'begin || cancel': ['begun: is to be cancelled', 'busy: claimed ahead, is to be cancelled'],
  'begin || reset': ['begun: is to be cancelled', 'busy: claimed ahead, is to be cancelled'],
  'begin || delete': ['begun: is gone', 'busy: is gone', 'lost: is gone'],
}

/** True where the command was answered by a promise that the attempt will be told to end. */
function isWish(outcomes: InterleavingRun['outcomes'], command: string): boolean {
  return Object.values(answerOf(outcomes, command) ?? {}).includes('requested')
}

async function wishesHeard(client: pg.Client): Promise<number> {
  return (await client.query(HEARD)).rows.length
}

/** True where the first client's statement, its second step, ended only when the second client had committed. */
function waitedForTheOther(order: readonly string[], outcomes: InterleavingRun['outcomes']): boolean {
  const statement = order.filter((step) => step.startsWith('first: '))[1] as string
  const ended = outcomes.map(({ by, step }) => `${by}: ${step}`)
  const isBefore = (steps: readonly string[]) => steps.indexOf(statement) < steps.indexOf('second: commit')
  return isBefore(order) && !isBefore(ended)
}

/** What the one statement answered in its first row. */
function answerOf(
  outcomes: InterleavingRun['outcomes'],
  statement: string,
): Record<string, unknown> | undefined {
  const name = statement.replace(/\s+/g, ' ').trim()
  const { value } = outcomes.find(({ step }) => step === name) as { value: Record<string, unknown>[] }
  return value[0]
}

/** Deleted, and not truncated, which takes five times as long, and there are a thousand orders. */
const EMPTY = `
${[
  'job',
  'job_available',
  'job_scheduled',
  'job_running',
  'job_stopped',
  'job_attempt',
  'job_key',
  'job_bundle',
  'worker',
  'event',
  'listener',
  'sleeper',
]
  .map((table) => `delete from worker.${table};`)
  .join(' ')}
select setval('worker.job_seq_seq', 1, false);
update worker.sweep set seq = 0, stopped_at = '-infinity', passed = 0, rests_until = now() - interval '1 second', half_gone = null`

/** Both members run: the first in the hands of the living, the second in those of the silent, whose next crash is its last. */
const SITUATION = `
${EMPTY};
insert into worker.listener (id, jobs, bundles, changes) values ('${ALIVE}', true, true, true);
select worker.beat('${ALIVE}', 'h', 1, '0', '{work}', 1, '1 minute', true), worker.beat('${SILENT}', 'h', 2, '0', '{work}', 1, '1 minute', true);
select * from worker.insert_whole_bundle('${BUNDLE}', 'b', 'o', '[{"type":"after","origin":"o","payload":1}]',
  '[{"id":"${FIRST}","type":"work","origin":"o","payload":1},{"id":"${SECOND}","type":"work","origin":"o","payload":2}]', true);
${claim(ALIVE, { more: 'max_crashes => 1' })};
${claim(SILENT, { more: 'max_crashes => 1' })};
update worker.worker set worker_alive_at = now() - interval '1 hour' where id = '${SILENT}';
`

/** Jobs whose attempt knows that it was to end, or has ended so. */
const HEARD = `
select from worker.job j
where exists (select from worker.job_running r where r.seq = j.seq and r.cancel_requested_at is not null)
  or exists (select from worker.job_stopped s where s.seq = j.seq and s.cancel_requested_at is not null)
  or exists (select from worker.job_attempt a where a.seq = j.seq and a.outcome = 'c')`

const STOPS = `
select b.epoch, (select count(*)::int from worker.event e where e.kind = 'b' and e.bundle_id = b.id) as events,
  (select count(*)::int from worker.job j where j.after_bundle_id = b.id) as followers
from worker.job_bundle b`

/** A bundle of two, stopped an hour ago without an error, that asked to be deleted then. */
const STOPPED_LONG_AGO = `
${EMPTY};
insert into worker.listener (id, jobs, bundles, changes) values ('${ALIVE}', true, true, true);
select worker.beat('${ALIVE}', 'h', 1, '0', '{work}', 1, '1 minute', true);
select * from worker.insert_whole_bundle('${BUNDLE}', 'b', 'o', null,
  '[{"id":"${FIRST}","type":"work","origin":"o","payload":1},{"id":"${SECOND}","type":"work","origin":"o","payload":2}]', true, deletes => true);
${claim(ALIVE, { room: 2, more: 'max_crashes => 1' })};
${settle(FIRST)}; ${settle(SECOND)};
update worker.job_stopped set stopped_at = now() - interval '1 hour';
update worker.job_bundle set stopped_at = now() - interval '1 hour';
update worker.job set created_at = now() - interval '2 hours';
`

/** And before it another one, of one member. */
const TWO_STOPPED_LONG_AGO = `
${STOPPED_LONG_AGO};
select * from worker.insert_whole_bundle('${EARLIER}', 'b', 'o', null, '[{"id":"${THIRD}","type":"work","origin":"o","payload":1}]', true, deletes => true);
${claim(ALIVE, { more: 'max_crashes => 1' })};
${settle(THIRD, ALIVE, EARLIER)};
update worker.job_stopped set stopped_at = now() - interval '1 hour';
update worker.job_bundle set stopped_at = now() - case id when '${BUNDLE}' then interval '1 hour' else interval '2 hours' end;
update worker.job set created_at = now() - interval '3 hours';
`

/** A job of no bundle has succeeded. */
const FINISHED_ALONE = `
${EMPTY};
select worker.beat('${ALIVE}', 'h', 1, '0', '{work}', 1, '1 minute', true);
select * from worker.insert_plain_jobs('[{"id":"${THIRD}","type":"work","origin":"o","payload":1}]');
${claim(ALIVE, { more: 'max_crashes => 1' })};
${settle(THIRD)};
`

const MEMBERS = `select count(*)::int as members, (count(*) filter (where id = '${FIRST}'))::int as first from worker.job`

/** A worker has claimed a job ahead, and has fallen silent. */
const CLAIMED_AHEAD = `
${EMPTY};
select worker.beat('${SILENT}', 'h', 2, '0', '{work}', 1, '1 minute', true);
select * from worker.insert_plain_jobs('[{"id":"${FIRST}","type":"work","origin":"o","payload":1}]');
${claim(SILENT, { room: 2, more: 'max_crashes => 3, ahead_of => 0' })};
update worker.worker set worker_alive_at = now() - interval '1 hour' where id = '${SILENT}';
`

const FIRST_NOW = `
select case
    when a.crashes = 0 then 'released' when a.crashes = 1 then 'crashed'
    else concat(case when r.ahead is not null then 'claimed ahead, ' end, case when r.cancel_requested_at is null then 'runs' else 'is to be cancelled' end)
  end as now
from worker.job j left join worker.job_available a using (seq) left join worker.job_running r using (seq)`
