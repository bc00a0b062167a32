import type { TestDatabase } from '@jq/testing'
import { startTcpProxy, withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createJobQueue, type DoctorOptions, doctor, type Finding } from '../src/index.ts'
import { emptyDatabase, queueDatabase } from './queue-database.ts'
import { roleLogins } from './role-logins.ts'
import { anything } from './some-jobs.ts'

/** Without a short limit that its server may have, which the doctor would find. */
async function wellDatabase(): Promise<TestDatabase> {
  const database = await queueDatabase()
  await database.query(
    `do $$ begin execute format('alter database %I set statement_timeout = 0', current_database()); end $$`,
  )
  return database
}

async function examined(options: DoctorOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of doctor(options)) findings.push(finding)
  return findings
}

/** What was found, by its check. */
async function foundIn(options: DoctorOptions): Promise<Record<string, string>> {
  const findings = await examined(options)
  expect(findings.filter(({ verdict }) => verdict === 'unseen')).toEqual([])
  const found = findings.filter(({ verdict }) => verdict === 'found')
  for (const { remedy } of found) expect(remedy).toMatch(/\w/)
  return Object.fromEntries(found.map(({ check, message }) => [check, message]))
}

test('a queue that is well is found well, by all checks, and nothing is changed', async () => {
  const database = await wellDatabase()
  const queue = queueOf(database)
  await queue.add(anything, {})
  await queue.addBundle({ type: 'mail', origin: 'test', jobs: [anything.with({})] })
  await database.query(workerRow("'{anything}'", 'now()'))
  const before = await database.query('select nspname from pg_namespace order by 1')
  const findings = await examined({ connectionString: database.url })
  expect(findings.filter(({ verdict }) => verdict !== 'well')).toEqual([])
  expect(findings.map(({ check }) => check)).toEqual([
    'server',
    'writable',
    'statement-timeout',
    'connections',
    'clock',
    'schema',
    'rights',
    'drift',
    'indexes',
    'listen',
    'autovacuum',
    'dead-rows',
    'transactions',
    'waiting',
    'types',
    'workers',
    'attempts',
    'schedules',
    'bundles',
  ])
  expect(await database.query('select nspname from pg_namespace order by 1')).toEqual(before)
})

test('a schema that is missing is found, and what would be in it is not looked at', async () => {
  const { url: connectionString } = await emptyDatabase()
  const findings = await examined({ connectionString, schema: 'jobs' })
  expect(findings.find(({ check }) => check === 'schema')).toMatchObject({
    verdict: 'found',
    remedy: 'Run: jobqueue migrate up --schema jobs',
  })
  expect(findings.find(({ check }) => check === 'bundles')).toMatchObject({ verdict: 'skipped' })
})

test('a reader sees all but what takes the right to make a schema', async () => {
  const database = await wellDatabase()
  const logins = await roleLogins(database, inject('pgUrl'))
  const findings = await examined({ connectionString: logins.url('reader') })
  expect(findings.filter(({ verdict }) => verdict !== 'well')).toMatchObject([
    { check: 'drift', verdict: 'skipped' },
  ])
  expect(findings.find(({ check }) => check === 'rights')?.message).toMatch(/what is for: reader\.$/)
})

/** A fault, and how it comes into a database that was well. */
interface Planted {
  readonly fault: string
  readonly plant: readonly string[]
  /** The checks that find something, and what they say. */
  readonly found: Record<string, RegExp>
}

const planted: readonly Planted[] = [
  {
    fault: 'an index that was dropped and a function that was changed',
    plant: [
      'drop index worker.job_scheduled_due_idx',
      "create or replace function worker.oldest_waiting_ms() returns double precision language sql stable as 'select 0::double precision'",
    ],
    found: { drift: /^Missing: index job_scheduled_due_idx\. Changed: function oldest_waiting_ms\(\)\.$/ },
  },
  {
    fault: 'a trigger that was switched off and a column that was added',
    plant: [
      'alter table worker.job_stopped disable trigger all',
      'alter table worker.job add column tenant text',
    ],
    found: { drift: /Changed: trigger .*Added by somebody: column job\.tenant\.$/ },
  },
  {
    fault: 'an index that was never finished',
    plant: [
      "update pg_index set indisvalid = false where indexrelid = 'worker.job_bundle_stopped_idx'::regclass",
    ],
    found: { indexes: /job_bundle_stopped_idx/ },
  },
  {
    fault: 'a database that takes no writes',
    plant: [
      `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
    ],
    found: { writable: /default_transaction_read_only is on/, transactions: /takes no writes/ },
  },
  {
    fault: 'a statement_timeout that ends good work',
    plant: [
      `do $$ begin execute format('alter database %I set statement_timeout = 300', current_database()); end $$`,
    ],
    found: { 'statement-timeout': /^statement_timeout is 300 ms/ },
  },
  {
    fault: 'a hot table that is never vacuumed',
    plant: ['alter table worker.job_available set (autovacuum_enabled = off)'],
    found: { autovacuum: /job_available/, drift: /Changed: table job_available/ },
  },
  {
    fault: 'a type that waits and that no living worker handles',
    plant: ["select worker.add_job('leter', '{}')"],
    found: { types: /leter \(1 waiting\)/ },
  },
  {
    fault: 'a worker that has fallen silent',
    plant: [workerRow("'{anything}'", "now() - interval '1 hour'")],
    found: { workers: /process 4711 on here/ },
  },
  {
    fault: 'a job that counts as running and that nobody works on',
    plant: [
      "select worker.add_job('anything', '{}')",
      `with gone as (delete from worker.job_available returning *)
       insert into worker.job_running (seq, attempt, worker_id, started_at, retries, timeout_retries, crashes, max_retries, max_timeout_retries, max_crashes, keyed)
       select seq, 1, gen_random_uuid(), now(), 0, 0, 0, 0, 0, 3, false from gone`,
    ],
    found: { attempts: /^1 running jobs have no living worker/ },
  },
  {
    fault: 'a bundle whose counts disagree with its members',
    plant: [
      `select worker.add_bundle('mail', 'test', '[{"type": "anything", "payload": {}}]')`,
      workerRow("'{anything}'", 'now()'),
      'update worker.job_bundle set num_jobs = 2',
    ],
    found: { bundles: /^The counts of 1 bundles disagree/ },
  },
]

test.each(planted)('the doctor finds $fault', async ({ plant, found }) => {
  const database = await wellDatabase()
  for (const statement of plant) await database.query(statement)
  expect(await foundIn({ connectionString: database.url })).toEqual(
    Object.fromEntries(
      Object.entries(found).map(([check, message]) => [check, expect.stringMatching(message)]),
    ),
  )
})

test('the doctor finds a job that has waited for long, and a schedule that never fires', async () => {
  const database = await wellDatabase()
  const queue = queueOf(database)
  await queue.add(anything, {})
  await queue.schedule({ name: 'nightly', every: '1ms', job: anything.with({}) })
  await queue.schedule({ name: 'moon', rule: 'full-moon', job: anything.with({}) })
  await database.query(workerRow("'{anything}'", 'now()'))
  expect(await foundIn({ connectionString: database.url, patience: 0 })).toEqual({
    waiting: expect.stringMatching(/has waited for/),
    schedules: expect.stringMatching(/moon by the rule full-moon, which no process knows, nightly since \d/),
  })
  expect(await foundIn({ connectionString: database.url })).toEqual({})
})

test('the doctor finds a transaction that holds the oldest snapshot', async () => {
  const database = await wellDatabase()
  const holder = new pg.Client({ connectionString: database.url, application_name: 'report' })
  await holder.connect()
  onTestFinished(() => holder.end())
  await holder.query('begin isolation level repeatable read')
  await holder.query('select count(*) from worker.job')
  // So few that nobody would feel them do not count.
  await database.query(
    'do $$ begin for i in 1..1100 loop perform pg_current_xact_id(); commit; end loop; end $$',
  )
  expect(await foundIn({ connectionString: database.url, patience: 0 })).toEqual({
    transactions: expect.stringMatching(/holds the oldest snapshot.*application report/),
  })
})

test('the doctor finds a pooler behind which LISTEN hears nothing', async () => {
  const database = await wellDatabase()
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  proxy.dropNotifications()
  const connectionString = proxy.url(withSettings(database.url, { idle_session_timeout: '0' }))
  expect(await foundIn({ connectionString })).toEqual({
    listen: expect.stringMatching(/most likely the connection goes through a transaction pooler/),
  })
  expect(await foundIn({ connectionString, listenConnectionString: database.url })).toEqual({})
})

test('the doctor finds a role that may not do what anybody should', async () => {
  const database = await wellDatabase()
  const logins = await roleLogins(database, inject('pgUrl'))
  await database.query(`revoke execute on function worker.insert_plain_jobs from ${logins.names.producer}`)
  const findings = await examined({ connectionString: logins.url('producer') })
  expect(findings.find(({ check }) => check === 'rights')).toMatchObject({
    verdict: 'found',
    message: expect.stringMatching(/may not call insert_plain_jobs/),
    remedy: expect.stringMatching(/jobqueue migrate grants/),
  })
})

test('what cannot be looked at is said to be so', async () => {
  const database = await wellDatabase()
  const logins = await roleLogins(database, inject('pgUrl'))
  const findings = await examined({ connectionString: logins.url('producer') })
  expect(findings.find(({ check }) => check === 'workers')).toMatchObject({
    verdict: 'unseen',
    message: expect.stringMatching(/^It could not be looked at: .*\bworker\b/),
    remedy: expect.stringMatching(/jobqueue migrate grants/),
  })
})

function queueOf({ url: connectionString }: TestDatabase) {
  const queue = createJobQueue({ connectionString })
  onTestFinished(() => queue.close())
  return queue
}

function workerRow(types: string, aliveAt: string): string {
  return `insert into worker.worker (id, host, pid, version, job_types, threads, dead_for, worker_alive_at)
    values (gen_random_uuid(), 'here', 4711, '1.0.0', ${types}, 1, '1 minute', ${aliveAt})`
}
