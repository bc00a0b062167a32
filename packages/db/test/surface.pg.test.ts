import { Hand } from '@jq/testing/conformance'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'

const database = await queueDatabase()
const queue = createJobQueue({ connectionString: database.url })
afterAll(() => queue.close())

const id = '0197a000-0000-7000-8000-000000000001'

async function one(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>> {
  const [row] = await database.query(sql, values)
  return row as Record<string, unknown>
}

async function added(args: string): Promise<string> {
  return String((await one(`select id from worker.add_job(${args})`)).id)
}

async function addedBundle(args: string): Promise<string> {
  return String((await one(`select worker.add_bundle(${args}) as id`)).id)
}

test('a worker runs what SQL has added', async () => {
  const jobId = await added(
    `'runs', '{"to": "you"}', origin => 'psql', priority => 7, max_retry_count => 2, timeout => '1.5 seconds'`,
  )
  const hand = await Hand.join(queue, { types: ['runs'] })
  const claimed = await hand.claimOne()
  expect(claimed).toMatchObject({
    job: { id: jobId, payload: { to: 'you' }, origin: 'psql', priority: 7, maxRetryCount: 2, attempt: 1 },
    timeoutMs: 1_500,
  })
  const { seq, attempt } = claimed
  await hand.settle({ seq, attempt, kind: 'succeeded', result: '{"sent": true}' })
  const row = await one('select state, result, attempt, error_msg from worker.job_status where id = $1', [
    jobId,
  ])
  expect(row).toEqual({ state: 'succeeded', result: { sent: true }, attempt: 1, error_msg: null })
  await hand.leave()
})

test('what is not said of a job is what the client would take', async () => {
  const fromClient = (await queue.addMany([{ type: 'plain', payload: {} }]))[0]?.id as string
  const fromSql = await added(`'plain', '{}'`)
  const told = async (jobId: string) => {
    const { id: _, createdAt, updatedAt, ...rest } = { ...(await queue.getJob(jobId)) }
    return rest
  }
  expect(await told(fromSql)).toEqual(await told(fromClient))
})

test('an id that is made here is a UUID of version 7, and rises with time', async () => {
  const earlier = await added(`'plain', '{}'`)
  await database.query('select pg_sleep(0.002)')
  const later = await added(`'plain', '{}'`)
  for (const made of [earlier, later])
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(earlier.slice(0, 13).replace('-', ''), 16) / Date.now()).toBeCloseTo(1)
  expect(earlier < later).toBe(true)
})

test('a repeated id and a held key are duplicates, and name the job that is there', async () => {
  const first = { id, status: 'added' }
  expect(await one(`select * from worker.add_job('plain', '1', id => $1)`, [id])).toEqual(first)
  expect(await one(`select * from worker.add_job('other', '2', id => $1)`, [id])).toEqual({
    id,
    status: 'duplicate',
  })
  const holder = await added(`'plain', '1', unique_key => 'k'`)
  expect(await one(`select * from worker.add_job('plain', '1', unique_key => 'k')`)).toEqual({
    id: holder,
    status: 'duplicate',
  })
  expect((await queue.addMany([{ type: 'plain', payload: 1, uniqueKey: 'k' }]))[0]).toEqual({
    id: holder,
    status: 'duplicate',
  })
})

test('a job waits for its time, given as a moment or as an interval', async () => {
  const at = await added(`'plain', '1', start_at => '2999-12-31T23:00:00+01:00'`)
  expect(await queue.getJob(at)).toMatchObject({
    state: 'scheduled',
    startAt: new Date('2999-12-31T22:00:00Z'),
  })
  const after = await added(`'plain', '1', run_after => '2 hours 30 minutes'`)
  const wait = `select extract(epoch from start_at - created_at)::int as s from worker.job_status where id = $1`
  expect(await one(wait, [after])).toEqual({ s: 9_000 })
  const past = await added(`'plain', '1', start_at => now() - interval '1 day'`)
  expect(await queue.getJob(past)).toMatchObject({ state: 'available' })
})

test("whatever the session's style of intervals and dates, the wait is the same", async () => {
  for (const style of ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601']) {
    const row = await one(
      `select set_config('intervalstyle', '${style}', true), set_config('datestyle', 'German', true),
        (worker.add_job('plain', '1', run_after => '1 day 02:03:04.5', timeout => '3 days 1 hour')).id`,
    )
    const told = await one(
      `select extract(epoch from start_at - created_at)::float as s, timeout_ms::float from worker.job_status where id = $1`,
      [row.id],
    )
    expect(told).toEqual({ s: 93_784.5, timeout_ms: 262_800_000 })
  }
})

test('what is added in a transaction that is rolled back was never there', async () => {
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query('begin')
  const { rows } = await client.query(`select id from worker.add_job('plain', '1')`)
  await client.query('rollback')
  await client.end()
  expect(await queue.getJob(rows[0].id)).toBeNull()
})

test('a sleeping worker is woken', async () => {
  const heard: string[] = []
  const client = new pg.Client(database.url)
  client.on('notification', ({ payload }) => heard.push(String(payload)))
  await client.connect()
  await client.query('listen jobqueue_worker')
  await client.query(`insert into worker.sleeper values (gen_random_uuid(), '{wakes}')`)
  await client.query(`select worker.add_job('unheard', '1')`)
  await client.query(`select worker.add_job('wakes', '1')`)
  await client.query(`select worker.add_bundle('b', 'o', '[{"type": "wakes", "payload": 1}]')`)
  await client.query('delete from worker.sleeper')
  await client.end()
  expect(heard).toEqual(['available wakes', 'available wakes'])
})

test('a bundle stops when its members have, and what follows it is added', async () => {
  const bundleId = await addedBundle(
    `'import', 'nightly', '[{"type": "part", "payload": 1}, {"type": "part", "payload": 2, "origin": "own"}]',
    when_stopped => '[{"type": "report", "payload": {"to": "boss"}, "run_after": "1 hour", "max_retry_count": 4}]'`,
  )
  const hand = await Hand.join(queue, { types: ['part'] })
  const claimed = await hand.claim(2)
  expect(claimed.map(({ job }) => [job.payload, job.origin, job.bundleId])).toEqual([
    [1, 'nightly', bundleId],
    [2, 'own', bundleId],
  ])
  const ends = claimed.map(({ seq, attempt }) => ({ seq, attempt, kind: 'succeeded', result: null }) as const)
  await hand.settle(...ends)
  await hand.leave()
  expect(
    await one(
      'select num_jobs, num_jobs_stopped, num_jobs_failed, epoch, sealed, stopped_at is not null as stopped from worker.job_bundle_status where id = $1',
      [bundleId],
    ),
  ).toEqual({
    num_jobs: 2,
    num_jobs_stopped: 2,
    num_jobs_failed: 0,
    epoch: 1,
    sealed: true,
    stopped: true,
  })
  const { jobs } = await queue.getJobs({ type: 'report' })
  expect(jobs).toMatchObject([
    {
      payload: { to: 'boss' },
      origin: 'nightly',
      afterBundleId: bundleId,
      state: 'scheduled',
      maxRetryCount: 4,
    },
  ])
})

test('a bundle of a known id is left as it is', async () => {
  const args = `'b', 'o', '[{"type": "plain", "payload": 1}]', id => '${id}'`
  expect(await addedBundle(args)).toBe(id)
  expect(await addedBundle(args)).toBe(id)
  expect(await queue.getJobBundle(id)).toMatchObject({ numJobs: 1, jobs: [{ payload: 1 }] })
})

test("no member starts before its bundle's start", async () => {
  const bundleId = await addedBundle(
    `'b', 'o', '[{"type": "plain", "payload": 1}, {"type": "plain", "payload": 2, "start_at": "2999-01-01T00:00:00Z"}]',
    start_at => '2998-01-01T00:00:00Z'`,
  )
  const bundle = await queue.getJobBundle(bundleId)
  const times = [new Date('2998-01-01T00:00:00Z'), new Date('2999-01-01T00:00:00Z')]
  expect(bundle?.jobs.map(({ startAt }) => startAt)).toEqual(times)
})

test('an option of a member that is null is one that was not given; a payload that is null is one', async () => {
  const bundleId = await addedBundle(
    `'b', 'o', '[{"type": "plain", "payload": null, "priority": null, "run_after": null, "id": null, "unique_key": null}]'`,
  )
  expect((await queue.getJobBundle(bundleId))?.jobs).toMatchObject([
    { payload: null, priority: 0, state: 'available', uniqueKey: null },
  ])
})

test('cancel_job and reset_job say what became of the wish', async () => {
  const cancel = async (jobId: string) => (await one('select worker.cancel_job($1) as word', [jobId])).word
  const reset = async (jobId: string, cancels: boolean) =>
    (await one('select worker.reset_job($1, $2) as word', [jobId, cancels])).word
  const nobody = '0197a000-0000-7000-8000-0000000000ff'
  const jobId = await added(`'operated', '1'`)
  expect(await cancel(jobId)).toBe('cancelled')
  expect(await cancel(jobId)).toBe('alreadyStopped')
  expect(await cancel(nobody)).toBe('notFound')
  expect((await one('select worker.reset_job($1) as word', [jobId])).word).toBe('reset')
  const hand = await Hand.join(queue, { types: ['operated'] })
  const { seq, attempt } = await hand.claimOne()
  expect(await reset(jobId, false)).toBe('running')
  expect(await cancel(jobId)).toBe('requested')
  expect(await reset(jobId, true)).toBe('requested')
  expect(await reset(nobody, false)).toBe('notFound')
  await hand.settle({ seq, attempt, kind: 'cancelled', error: { message: 'told to end', data: null } })
  await hand.leave()
  expect(await one('select state from worker.job_status where id = $1', [jobId])).toEqual({
    state: 'available',
  })
})

test("the views begin with go-jobqueue's columns, and those that people rely on stay", async () => {
  const columns = await database.query<{ name: string; view: string }>(
    `select attname as name, attrelid::regclass::text as view from pg_attribute
    where attrelid in ('worker.job_status'::regclass, 'worker.job_bundle_status'::regclass) and attnum > 0 order by attnum`,
  )
  const of = (view: string) =>
    columns.filter((column) => column.view === `worker.${view}`).map(({ name }) => name)
  expect(of('job_status').slice(0, 17)).toEqual(
    `id bundle_id type payload priority origin max_retry_count current_retry_count start_at started_at worker_alive_at stopped_at
    error_msg error_data result updated_at created_at`.split(/\s+/),
  )
  expect(of('job_status').slice(17)).toEqual(
    `state attempt due_at max_timeout_retry_count current_timeout_retry_count crash_count timeout_ms unique_key progress
    cancel_requested_at worker_id after_bundle_id schedule_name schedule_key seq group_key`.split(/\s+/),
  )
  expect(of('job_bundle_status')).toEqual(
    'id type origin num_jobs num_jobs_stopped updated_at created_at num_jobs_failed sealed epoch stopped_at'.split(
      ' ',
    ),
  )
})

test('a retry shows when it is due, and still what was asked', async () => {
  const jobId = await added(`'retries', '1', max_retry_count => 1`)
  const hand = await Hand.join(queue, { types: ['retries'] })
  const { seq, attempt } = await hand.claimOne()
  const running = await one(
    'select started_at is null as idle, worker_alive_at is null as silent from worker.job_status where id = $1',
    [jobId],
  )
  expect(running).toEqual({ idle: false, silent: false })
  await hand.settle({
    seq,
    attempt,
    kind: 'failed',
    error: { message: 'not yet', data: null },
    retry: { waitMs: 60_000 },
  })
  await hand.leave()
  const row = `select state, start_at, due_at > now() as later, started_at, worker_alive_at, error_msg, current_retry_count from worker.job_status where id = $1`
  expect(await one(row, [jobId])).toEqual({
    state: 'retrying',
    start_at: null,
    later: true,
    started_at: null,
    worker_alive_at: null,
    error_msg: null,
    current_retry_count: 1,
  })
})

const long = (length: number) => 'x'.repeat(length)
const job = (options: object) => JSON.stringify([{ type: 'plain', payload: 1, ...options }])

/** What cannot be, and how the message begins. */
const impossible: readonly (readonly [sql: string, begins: string, values?: readonly unknown[]])[] = [
  [`add_job('a b', '1')`, 'type a b is no job type'],
  [`add_job('', '1')`, 'type will not do'],
  [`add_job(null, '1')`, 'type is missing'],
  [`add_job($1, '1')`, 'type will not do', [long(101)]],
  [`add_job('plain', null)`, 'payload is null'],
  [`add_job('plain', to_jsonb($1::text))`, 'payload is too large', [long(1024 * 1024)]],
  [`add_job('plain', '1e400')`, 'payload holds a number beyond double precision'],
  [`add_job('plain', '[{"total": -1e309}]')`, 'payload holds a number beyond double precision'],
  [`add_job('plain', '1', origin => '')`, 'origin will not do'],
  [`add_job('plain', '1', origin => $1)`, 'origin will not do', [long(101)]],
  [`add_job('plain', '1', unique_key => $1)`, 'unique_key will not do', ['ü'.repeat(257)]],
  [`add_job('plain', '1', start_at => 'infinity')`, 'start_at infinity is no time'],
  [`add_job('plain', '1', start_at => '10000-01-01')`, 'start_at 10000-01-01'],
  [`add_job('plain', '1', start_at => now(), run_after => '1 s')`, 'run_after stands beside start_at'],
  [`add_job('plain', '1', run_after => '-1 s')`, 'run_after -00:00:01 is no length of time'],
  [`add_job('plain', '1', run_after => '10001 years')`, 'run_after 10001 years is no length of time'],
  [`add_job('plain', '1', timeout => '-1 s')`, 'timeout -00:00:01 is no length of time'],
  [`add_job('plain', '1', max_retry_count => -2)`, 'max_retry_count -2 will not do'],
  [
    `add_job('plain', '1', max_timeout_retry_count => 1000001)`,
    'max_timeout_retry_count 1000001 will not do',
  ],
  [`add_bundle('', 'o', $1)`, 'type will not do', [job({})]],
  [`add_bundle('b', null, $1)`, 'origin is missing', [job({})]],
  [`add_bundle('b', 'o', null)`, 'jobs is no array of jobs'],
  [`add_bundle('b', 'o', '{}')`, 'jobs is no array of jobs'],
  [`add_bundle('b', 'o', '[]')`, 'jobs is empty'],
  [`add_bundle('b', 'o', $1, start_at => '-infinity')`, 'start_at -infinity is no time', [job({})]],
  [`add_bundle('b', 'o', '[5]')`, 'jobs[0] is no job'],
  [`add_bundle('b', 'o', '[null]')`, 'jobs[0] is no job'],
  [`add_bundle('b', 'o', '[{"type": "plain", "payload": 1}, {"payload": 1}]')`, 'jobs[1].type is missing'],
  [
    `add_bundle('b', 'o', '[{"type": "plain", "payload": 1}, {"type": "plain", "payload": [1e400]}]')`,
    'jobs[1].payload holds a number beyond double precision',
  ],
  [`add_bundle('b', 'o', '[{"type": "plain"}]')`, 'jobs[0].payload is missing'],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].retires is no option of a job', [job({ retires: 3 })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].type will not do', [job({ type: 5 })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].id 5 is no UUID', [job({ id: 5 })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].id {0197a000-', [job({ id: `{${id}}` })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].priority 1.5 will not do', [job({ priority: 1.5 })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].priority 5 will not do', [job({ priority: '5' })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].priority 2147483648 will not do', [job({ priority: 2 ** 31 })]],
  [`add_bundle('b', 'o', '[{"type": "plain", "payload": 1, "priority": 1e400}]')`, 'jobs[0].priority 1000'],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].start_at yesteryear is no time', [job({ start_at: 'yesteryear' })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].start_at 5 is no time', [job({ start_at: 5 })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].run_after soon is no length of time', [job({ run_after: 'soon' })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].run_after 5000 is no length of time', [job({ run_after: 5000 })]],
  [`add_bundle('b', 'o', $1)`, 'jobs[0].origin will not do', [job({ origin: ['o'] })]],
  [`add_bundle('b', 'o', $1, when_stopped => '{}')`, 'when_stopped is no array of jobs', [job({})]],
  [`add_bundle('b', 'o', $1, when_stopped => '[{}]')`, 'when_stopped[0].type is missing', [job({})]],
  ...(['id', 'start_at', 'unique_key'] as const).map((key) => {
    const template = job({ [key]: { id, start_at: '2030-01-01', unique_key: 'k' }[key] })
    return [
      `add_bundle('b', 'o', $1, when_stopped => $2)`,
      `when_stopped[0].${key} belongs to one job only`,
      [job({}), template],
    ] as const
  }),
]

// What is no length of time is repeated in the interval style of the caller.
const asking = new pg.Pool({ connectionString: withSettings(database.url, { IntervalStyle: 'postgres' }) })
asking.on('error', () => undefined)
afterAll(() => asking.end())

test.for(impossible)('%s is refused: %s', async ([sql, begins, values]) => {
  const error = await asking
    .query(`select worker.${sql}`, values as unknown[])
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: '22023', hint: expect.stringMatching(/^\S.*\S$/) })
  expect((error as Error).message.slice(0, begins.length)).toBe(begins)
})

test('the largest numbers of double precision, and longer ones in a text, are payloads', async () => {
  const payload = { most: Number.MAX_VALUE, least: -Number.MAX_VALUE, digits: '9'.repeat(400) }
  const { id: jobId } = await one('select id from worker.add_job($1, $2)', ['plain', JSON.stringify(payload)])
  expect((await queue.getJob(String(jobId)))?.payload).toEqual(payload)
})

test('nothing of what is refused is added', async () => {
  const before = await queue.getStats()
  const two = '[{"type": "plain", "payload": 1}, {"type": "not a type", "payload": 1}]'
  await expect(database.query(`select worker.add_bundle('b', 'o', $1)`, [two])).rejects.toThrow(
    'jobs[1].type',
  )
  expect(await queue.getStats()).toEqual(before)
})
