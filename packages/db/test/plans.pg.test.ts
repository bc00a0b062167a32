import type { PreparedJob } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { statementsFor } from '../src/statement.ts'
import { addKeyedJobs, addPlainJobs, addWholeBundle } from '../src/statements/add-jobs.ts'
import { beat, checkAttempts, deleteOutdated, look } from '../src/statements/live-worker.ts'
import { holdListener, nextEvents, noteEvents } from '../src/statements/named-listener.ts'
import { cancelJob, deleteJob, resetJob } from '../src/statements/operate-jobs.ts'
import { readJobs } from '../src/statements/read-jobs.ts'
import { readVitals } from '../src/statements/read-readiness.ts'
import { readTypes } from '../src/statements/read-types.ts'
import { readWorkers } from '../src/statements/read-workers.ts'
import { sample } from '../src/statements/sample.ts'
import { step } from '../src/statements/step.ts'
import { buffersOf, type Measured, planningClient } from './buffers.ts'
import { boundsHere } from './pages-before-17.ts'
import { queueDatabase } from './queue-database.ts'

// Pages read, and not time: they are the same on every machine and under every load. Each statement is measured with a small
// backlog and with a large one; by a session that made its plans when all tables were empty, by one that plans on statistics
// taken then, and by one that plans on fresh statistics. One bound holds for all of it, so that nothing grows with the backlog.

const s = statementsFor('worker')
const me = '0197a000-0000-7000-8000-00000000000a'
const bundle = '0197a000-0000-7000-8000-00000000000b'
const types = Array.from({ length: 8 }, (_, place) => `type${place}`)
const wanted = (room: number) =>
  types.map((type) => ({ type, room, maxRetryCount: 3, maxTimeoutRetryCount: 0, timeoutMs: 0 }))
const claim = (room: number, idle = false) =>
  compiled(
    step(s, { workerId: me, outcomes: [], claim: { types: wanted(room), room, idle, maxCrashCount: 3 } }),
  )
const asksToLook = { workerId: me, types, reap: true }
/** A job in each place, which has a row in job. */
const placed = {
  available: 'select seq from job_available limit 1',
  scheduled: 'select min(seq) from job_scheduled',
  running: 'select min(seq) from job_running',
  stopped: 'select max(seq) from job_stopped',
}
type Place = keyof typeof placed

/** What is promised of each hot statement: at most so many pages, whatever the backlog and the statistics. */
const promised: readonly { what: string; pages: number; because: string; measured: Measured }[] = [
  {
    what: 'claiming one job of eight types',
    pages: 60, // the floor is 90
    because: '48 seen: 8 probes of up to 4 pages, the rest to move one row',
    measured: claim(1),
  },
  {
    what: 'claiming one job of eight types in an idle process, which looks for one that must run alone first',
    pages: 90,
    because: '76 seen: 8 probes more',
    measured: claim(1, true),
  },
  {
    what: 'claiming a hundred jobs',
    pages: 1_600,
    because: '13 a job seen',
    measured: claim(100),
  },
  {
    what: 'settling ten attempts that succeeded',
    pages: 125,
    because:
      '105 seen: 4 to find and lock each, 2 to delete it, 4 to insert it into job_stopped and its index',
    measured: settling('s'),
  },
  {
    what: 'settling ten attempts that failed and are tried again later',
    pages: 240,
    because: '205 seen: each reads its job, and is kept in job_attempt and job_scheduled',
    measured: settling('f'),
  },
  {
    what: 'checking ten attempts',
    pages: 40,
    because: '20 seen: a page of the primary key and one of the table for each',
    measured: checking(),
  },
  {
    what: 'promoting while nothing is due',
    pages: 8,
    because: 'the first entry of the index of due times',
    measured: { sql: 'select promote_jobs()' },
  },
  {
    what: 'promoting the one job that is due',
    pages: 40,
    because: 'one row is moved, found by the first entry of the index of due times',
    measured: {
      sql: 'select promote_jobs()',
      values: async (client) => {
        await client.query(
          'update job_scheduled set start_at = now() where seq = (select min(seq) from job_scheduled)',
        )
        return []
      },
    },
  },
  {
    what: 'reaping while nobody is dead',
    pages: 45,
    because: '30 seen: three a running attempt, of which there are ten',
    measured: { sql: 'select reap_attempts()' },
  },
  {
    what: 'looking around in a process that sleeps',
    pages: 125,
    because: '99 seen: twice 8 probes, and the ten attempts of a reap',
    measured: compiled(look(s, { ...asksToLook, sleeping: true }, null, true)),
  },
  {
    what: 'looking around in a process that works',
    pages: 125,
    because: 'as above',
    measured: compiled(look(s, { ...asksToLook, sleeping: false }, null, false)),
  },
  {
    what: 'a heartbeat',
    pages: 8,
    because: 'one row is rewritten in place',
    measured: compiled(beat(s, entry())),
  },
  {
    what: 'adding one job',
    pages: 30,
    because: '22 seen: two rows and four indexes',
    measured: compiled(addPlainJobs(s, jobs(1))),
  },
  {
    what: 'adding a thousand jobs',
    pages: 18_000,
    because: '14.4 a job seen: two rows and four indexes of up to three levels',
    measured: compiled(addPlainJobs(s, jobs(1_000))),
  },
  {
    what: 'adding a thousand jobs that are alike, under new ids',
    pages: 12_500,
    because: '10.2 a job seen: no id is asked for',
    measured: compiled(addPlainJobs(s, jobs(1_000, { type: types[0] as string, idIsNew: true }))),
  },
  {
    what: 'adding a hundred jobs for later',
    pages: 1_900,
    because: '15 a job seen: one index more',
    measured: compiled(addPlainJobs(s, jobs(100, { runAfterMs: 60_000 }))),
  },
  {
    what: 'adding a hundred jobs with keys',
    pages: 3_200,
    because: '25 a job seen: each is asked for by id and by key before',
    measured: compiled(
      addKeyedJobs(
        s,
        jobs(100).map((job) => ({ ...job, uniqueKey: job.id })),
        '1s',
      ),
    ),
  },
  {
    what: 'adding a bundle of a hundred jobs',
    pages: 2_200,
    because: '17.5 a job seen: the index of members comes in',
    measured: compiled(addWholeBundle(s, emptyBundle(), jobs(100), '1s')),
  },
  ...(Object.keys(placed) as Place[]).flatMap((place) => [
    {
      what: `cancelling a job in job_${place}`,
      pages: 40,
      because: '24 seen',
      measured: operating(cancelJob, place),
    },
    {
      what: `resetting a job in job_${place}`,
      pages: 60,
      because: '48 seen',
      measured: operating((statements, id) => resetJob(statements, id, true), place),
    },
    {
      what: `deleting a job in job_${place}`,
      pages: 65,
      because: '39 seen',
      measured: operating(deleteJob, place),
    },
    {
      what: `reading a job in job_${place} by its id`,
      pages: 30,
      because: '25 seen: six places are looked at, each by one probe',
      measured: operating((statements, id) => readJobs(statements, { id, limit: 1 }), place),
    },
  ]),
  {
    what: 'reading the newest hundred jobs',
    pages: 3_500,
    because: '15 to 25 a job seen',
    measured: compiled(readJobs(s, { limit: 101 })),
  },
  {
    what: 'reading the first hundred members of a bundle',
    pages: 3_500,
    because: '15 to 25 a job seen',
    measured: compiled(readJobs(s, { bundleId: bundle, limit: 101 })),
  },
  {
    what: 'reading a hundred members from the middle of a bundle',
    pages: 3_500,
    because: '15 to 25 a job seen',
    measured: {
      ...compiled(readJobs(s, { bundleId: bundle, after: '0', limit: 101 })),
      values: async (client) => [bundle, await middleOf(client), bundle, 101],
    },
  },
  {
    what: 'reading the failed among many succeeded',
    pages: 1_000,
    because: 'they have an index of their own; ten are read',
    measured: compiled(readJobs(s, { states: ['failed', 'dead', 'cancelled'], limit: 101 })),
  },
  {
    what: 'reading a hundred succeeded jobs',
    pages: 3_500,
    because: '15 to 25 a job seen',
    measured: compiled(readJobs(s, { states: ['succeeded'], limit: 101 })),
  },
  {
    what: 'reading a hundred succeeded members of a bundle',
    pages: 3_500,
    because: '18 to 34 a job seen: each member is looked for among the stopped first',
    measured: compiled(readJobs(s, { bundleId: bundle, states: ['succeeded'], limit: 101 })),
  },
  {
    what: 'reading the failed among many members of a bundle',
    pages: 1_000,
    because: 'they have an index of their own; ten are read, and told from strangers',
    measured: compiled(
      readJobs(s, { bundleId: bundle, states: ['failed', 'dead', 'cancelled'], limit: 101 }),
    ),
  },
  {
    what: 'asking how long the oldest job has waited',
    pages: 130,
    because: '79 seen: a hop for each of 8 types',
    measured: compiled(readVitals(s)),
  },
  {
    what: 'beginning ten attempts that were claimed ahead',
    pages: 100,
    because: 'each is found by its key, and rewritten in place',
    measured: beginning(),
  },
  {
    what: 'reading the next hundred events of a name that has had nearly all',
    pages: 500,
    because: '411 seen: the cursor begins where it stands, and each event is looked up once more',
    measured: compiled(nextEvents(s, 'accounts', me)),
  },
  {
    what: 'noting what became of events',
    pages: 12,
    because: '7 seen: the name is rewritten in place',
    measured: compiled(noteEvents(s, 'accounts', me, { upTo: { tx: '1', id: '2' }, done: [], again: [] })),
  },
  {
    what: 'renewing the lease of a name',
    pages: 20,
    because: '10 seen: the first event past the cursor says that none is to be skipped',
    measured: compiled(holdListener(s, 'accounts', me)),
  },
  {
    what: 'asking which events somebody listens for',
    pages: 4,
    because: 'two small tables',
    measured: { sql: 'select heard_kinds()' },
  },
  {
    what: 'sweeping past what is kept',
    pages: 1_800,
    because: '1,526 seen: 3 a job, of which it looks at 500 a call',
    measured: sweeping('0'),
  },
  {
    what: 'sweeping while nothing is outdated',
    pages: 60,
    because: 'it has been past all, and rests',
    measured: sweeping('2 ^ 40'),
  },
  {
    what: 'reading the workers',
    pages: 25,
    because: '18 seen: what is in hand is few',
    measured: compiled(readWorkers(s)),
  },
  {
    what: 'reading the types',
    pages: 7_000,
    because:
      '6,272 seen, of 80,000 entries that nobody has cleaned: ten thousand of each type are counted, of however many',
    measured: compiled(readTypes(s)),
  },
  {
    what: 'measuring the queue for metrics',
    pages: 20_000,
    because:
      '16,192 seen: as many as the types need, and up to ten thousand planned jobs by their time, and a thousand failed and dead ones each',
    measured: compiled(sample(s, me, 15_000)),
  },
  {
    what: 'checking the counts of the bundles that stopped',
    pages: 1_500,
    because: '1,260 seen: of a bundle of 400 each member is looked at, a larger one is left to the doctor',
    measured: { sql: 'select check_bundles()' },
  },
]

const backlogs = {
  'a small backlog': { waiting: 500, future: 500, stopped: 500, members: 400, events: 500 },
  'a large backlog': {
    waiting: 200_000,
    future: 200_000,
    stopped: inject('longForm') ? 1_000_000 : 400_000,
    members: 300_000,
    events: 100_000,
  },
}

type Backlog = (typeof backlogs)['a large backlog']

/** Pages by statement, then by the moment of measuring. */
const seen: Record<string, Record<string, number>> = {}
const clients: pg.Client[] = []
afterAll(() => Promise.all(clients.map((client) => client.end())))

// A server with a JIT, or with a slow disk, takes its time to fill a million rows and to compile what reads them.
beforeAll(async () => {
  const database = await queueDatabase()
  await withoutAutovacuum(database)
  const connected = async () => {
    const client = await planningClient(database.url)
    clients.push(client)
    return client
  }
  for (const [backlog, counts] of Object.entries(backlogs)) {
    await database.query(`truncate ${tables.map((table) => `worker.${table}`).join()} restart identity`)
    await (await connected()).query('analyze')
    const early = await connected()
    await measure('nothing, to make the plans', early)
    await fill(early, counts)
    await measure(`${backlog}, plans of empty tables`, early)
    await measure(`${backlog}, statistics of empty tables`, await connected())
    await (await connected()).query('analyze')
    await measure(`${backlog}, statistics of full tables`, await connected())
  }
}, 900_000)

// S36, S37: the statements that claim and promote, with 200,000 ready jobs of eight types, as many planned ones and 400,000 stopped
for (const { what, pages, because } of promised.map(await boundsHere())) {
  test(`${what} reads at most ${pages} pages`, () => {
    const { 'nothing, to make the plans': __, ...counted } = seen[what] as Record<string, number>
    const most = Math.max(...Object.values(counted))
    expect(most, `${because}; now ${JSON.stringify(counted)}`).toBeLessThanOrEqual(pages)
  })
}

async function measure(moment: string, client: pg.Client): Promise<void> {
  for (const { what, measured } of promised) {
    seen[what] ??= {}
    seen[what][moment] = await buffersOf(client, measured)
  }
}

/** Nothing may take other statistics in between, or clear dead entries away. */
async function withoutAutovacuum(database: { query(sql: string): Promise<unknown> }): Promise<void> {
  for (const table of tables)
    await database.query(`alter table worker.${table} set (autovacuum_enabled = false)`)
}

const tables = [
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
  'named_listener',
]

/**
 * The bundle's members are the last of the stopped, and more than half of all jobs, so that an index of all jobs tempts whoever
 * looks for them; of the other stopped, which nobody asks for, none has a job's row.
 */
async function fill(
  client: pg.Client,
  { waiting, future, stopped, members, events }: Backlog,
): Promise<void> {
  const counts = [waiting, future, stopped] as [number, number, number]
  const ends = [counts[0], counts[0] + counts[1], counts[0] + counts[1] + counts[2]] as [
    number,
    number,
    number,
  ]
  const rows = (from: number, to: number) => `generate_series(${from}, ${to}) n`
  const type = "'type' || n % 8"
  const insertJobs = (from: number, to: number, bundleId = 'null') =>
    client.query(`insert into job (seq, id, type, payload, origin, bundle_id)
      select n, ('0197a000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, ${type}, '{}', 'test', ${bundleId}::uuid from ${rows(from, to)}`)
  await client.query(`set search_path = worker`)
  await insertJobs(1, ends[0])
  await insertJobs(ends[0] + 1, ends[0] + 100)
  await insertJobs(ends[2] - members + 1, ends[2], `'${bundle}'`)
  await client.query(
    `insert into job_available (seq, type, rank) select n, ${type}, -1 from ${rows(1, ends[0])}`,
  )
  await client.query(`insert into job_scheduled (start_at, seq, type, rank)
    select now() + interval '1 day' + n * interval '1 ms', n, ${type}, -1 from ${rows(ends[0] + 1, ends[1])}`)
  await client.query(`insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, stopped_at)
    select n, case when n > ${ends[2] - 10} then 'f' else 's' end::"char", 1, 0, 0, 0, now() from ${rows(ends[1] + 1, ends[2])}`)
  await client.query(`insert into job_bundle (id, type, origin, sealed, num_jobs, num_stopped, num_failed, epoch, stopped_at)
    values ('${bundle}', 'test', 'test', true, ${members}, ${members}, 10, 1, now())`)
  await client.query(`select setval('job_seq_seq', ${ends[2]})`)
  await client.query(beat(s, entry()).sql, [...beat(s, entry()).parameters])
  await claimed(client, 10)
  await tell(client, events)
}

/** Stops of bundles, of which a name has had all but the last hundred and one; it hears of nothing else, so that nothing else writes events. */
async function tell(client: pg.Client, count: number): Promise<void> {
  await client.query(`insert into event (kind, bundle_id, bundle_type, origin, epoch, has_error)
    select 'b', gen_random_uuid(), 'test', 'test', 1, false from generate_series(1, ${count})`)
  await client.query(`insert into named_listener (name, jobs, bundles, changes, tx, id, since, holder, held_until)
    select 'accounts', false, true, false, (select tx from event limit 1), max(id) - 101, '1:1:', '${me}', now() + interval '1 day' from event`)
}

function compiled({ sql, parameters }: CompiledQuery<unknown>): Measured {
  return { sql, values: parameters }
}

/** Ten attempts that are in hand by the time they are settled. */
function settling(outcome: 's' | 'f'): Measured {
  if (outcome === 's')
    return {
      sql: 'select * from step($1, done => $2, attempts => $3)',
      values: async (client) => {
        const held = await inHand(client)
        return [me, held.map(({ seq }) => seq), held.map(({ attempt }) => attempt)]
      },
    }
  return {
    sql: 'select * from settle_attempts($1)',
    values: async (client) => [
      JSON.stringify((await inHand(client)).map((key) => ({ ...key, outcome, worker_id: me }))),
    ],
  }
}

/** The sweep of retention, come so far. */
function sweeping(seq: string): Measured {
  const day = 86_400_000
  const { sql, parameters } = deleteOutdated(s, { succeededMs: day, failedMs: day, orphanedMs: day })
  return {
    sql,
    values: async (client) => {
      await client.query(
        `update sweep set seq = ${seq}, stopped_at = now(), rests_until = now() + interval '1 hour'`,
      )
      return parameters
    },
  }
}

/** Those that are in hand, as if they had been claimed ahead. */
function beginning(): Measured {
  return {
    sql: 'select * from begin_attempts($1, $2)',
    values: async (client) => [
      me,
      JSON.stringify((await inHand(client)).map((key) => ({ ...key, ago_ms: 0, timeout_ms: 60_000 }))),
    ],
  }
}

function checking(): Measured {
  const { sql } = checkAttempts(s, me, [])
  return { sql, values: async (client) => [me, JSON.stringify(await inHand(client))] }
}

function operating(
  statement: (statements: typeof s, id: string) => CompiledQuery<unknown>,
  place: Place,
): Measured {
  const { sql, parameters } = statement(s, me)
  return {
    sql,
    values: async (client) => {
      const { rows } = await client.query(`select id from job where seq = (${placed[place]})`)
      return [rows[0]?.id ?? me, ...parameters.slice(1)]
    },
  }
}

async function inHand(client: pg.Client): Promise<readonly { seq: number; attempt: number }[]> {
  const { rows } = await client.query('select seq::int, attempt from job_running order by seq limit 10')
  return rows
}

async function claimed(client: pg.Client, room: number): Promise<void> {
  const { sql, values } = claim(room)
  await client.query(sql, values as unknown[])
}

async function middleOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    'select ((min(seq) + max(seq)) / 2)::text as seq from job where bundle_id = $1',
    [bundle],
  )
  return rows[0].seq ?? '0'
}

function entry() {
  return {
    id: me,
    host: 'here',
    pid: 1,
    version: '1',
    jobTypes: types,
    threads: 1,
    heartbeatIntervalMs: 1_000,
    deadForMs: 3_600_000,
  }
}

function emptyBundle() {
  return {
    id: me,
    type: 'test',
    origin: 'test',
    startAt: null,
    sealed: true,
    whenStopped: [],
    deleteOnSuccess: false,
  }
}

function jobs(count: number, options: Partial<PreparedJob> = {}): PreparedJob[] {
  return Array.from({ length: count }, (_, place) => ({
    id: `0197a000-0000-7000-8002-${place.toString(16).padStart(12, '0')}`,
    idIsNew: false,
    type: types[place % 8] as string,
    payload: '{}',
    payloadVersion: null,
    priority: 0,
    origin: 'test',
    startAt: null,
    runAfterMs: null,
    maxRetryCount: null,
    maxTimeoutRetryCount: null,
    timeoutMs: null,
    uniqueKey: null,
    groupKey: null,
    trace: null,
    ...options,
  }))
}
