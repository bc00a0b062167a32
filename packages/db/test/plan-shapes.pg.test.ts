import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { type PreparedBundle, type PreparedJob, prepareSchedule } from '@jq/core/internal'
import { withSettings } from '@jq/testing/lab'
import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { statementsFor } from '../src/statement.ts'
import * as addJobs from '../src/statements/add-jobs.ts'
import * as limits from '../src/statements/limits.ts'
import * as listen from '../src/statements/listen.ts'
import * as liveWorker from '../src/statements/live-worker.ts'
import * as log from '../src/statements/log.ts'
import * as namedListener from '../src/statements/named-listener.ts'
import * as operateJobs from '../src/statements/operate-jobs.ts'
import * as readBundle from '../src/statements/read-bundle.ts'
import * as readJobs from '../src/statements/read-jobs.ts'
import * as readReadiness from '../src/statements/read-readiness.ts'
import * as traces from '../src/statements/read-traces.ts'
import * as readTypes from '../src/statements/read-types.ts'
import * as readWorkers from '../src/statements/read-workers.ts'
import * as sample from '../src/statements/sample.ts'
import * as schedules from '../src/statements/schedules.ts'
import * as step from '../src/statements/step.ts'
import { queueDatabase } from './queue-database.ts'

// How every statement of the client, and each statement inside the functions that it calls, goes about it: which scan of what, by
// which index, joined in which way. No costs and no counts, so that a plan changes here only where it turned around. What it
// costs, is said by plans.pg.test.ts.

const s = statementsFor('worker')
const me = '0197a000-0000-7000-8000-00000000000a'
const idOf = (kind: number, n: number) => `0197a000-0000-7000-800${kind}-${n.toString(16).padStart(12, '0')}`
const jobId = (n: number) => idOf(1, n)
const bundleId = (n: number) => idOf(2, n)
const fresh = idOf(3, 1)
const AVAILABLE = jobId(9)
const MEMBER = jobId(4_000)
const KEYED = jobId(5_000)
const SCHEDULED = jobId(14_999)
const STOPPED = jobId(15_001)
const RUNNING = jobId(19_991)
const STOPPED_BUNDLE = bundleId(1)
const RUNNING_BUNDLE = bundleId(2_000)
const OPEN_BUNDLE = bundleId(2_001)

const job: PreparedJob = {
  id: fresh,
  idIsNew: false,
  type: 'type1',
  payload: '1',
  payloadVersion: null,
  priority: 0,
  origin: 'o',
  startAt: null,
  runAfterMs: null,
  maxRetryCount: null,
  maxTimeoutRetryCount: null,
  timeoutMs: null,
  uniqueKey: null,
  groupKey: null,
  trace: null,
}
const keyed = [{ ...job, uniqueKey: 'k' }]
const bundle: PreparedBundle = {
  id: fresh,
  type: 'b',
  origin: 'o',
  startAt: null,
  sealed: true,
  whenStopped: [job],
  deleteOnSuccess: false,
}
const worker = {
  id: me,
  host: 'here',
  pid: 1,
  version: '1',
  jobTypes: ['type1', 'type2'],
  threads: 4,
  heartbeatIntervalMs: 10_000,
  deadForMs: 60_000,
}
const scheduleOf = (name: string) =>
  prepareSchedule({ name, job: { type: 'type1', payload: 1 }, every: '1h' })
const planned = { name: 's1', key: '', revision: 1, planned: new Date('2026-01-01T00:00:00Z') }
const held = [19_991, 19_992].map((seq) => ({ seq: `${seq}`, attempt: 1 }))
const [key] = held as [(typeof held)[0]]
const all = { jobs: true, bundles: true, changes: true }
const counts = { succeeded: 1, failed: 0, timedOut: 0, cancelled: 0, released: 0 }
const wish = {
  workerId: me,
  types: ['type1', 'type2', 'limited'],
  reap: true,
  sleeping: true,
  settled: counts,
  rules: ['r'],
}
const claim = {
  types: [{ type: 'type1', room: 2, maxRetryCount: 3, maxTimeoutRetryCount: 0, timeoutMs: 0 }],
  room: 2,
  idle: true,
  maxCrashCount: 3,
}
const limitedClaim = {
  ...claim,
  room: 4,
  idle: false,
  types: ['limited', 'type1'].map((type) => ({
    ...{ type, room: 2, maxRetryCount: 3, maxTimeoutRetryCount: 0, timeoutMs: 0 },
  })),
}
const error = { message: 'm', data: null }
const kept = { succeededMs: 86_400_000, failedMs: 86_400_000, orphanedMs: 86_400_000 }
const line = { line: 1, agoMs: 2, level: 'info', message: 'm', fields: '{}' } as const
const page = { limit: 101 }

/** By the name of the file that holds its SQL, and behind a comma by what is asked of it. */
const statements: Readonly<Record<string, CompiledQuery<unknown>>> = {
  'step, nothing': step.step(s, { workerId: me, outcomes: [], claim: null }),
  'step, claims': step.step(s, { workerId: me, outcomes: [], claim }),
  'step, claims by turns': step.step(s, { workerId: me, outcomes: [], claim: limitedClaim }),
  'step, succeeded': step.step(s, {
    workerId: me,
    outcomes: held.map((attempt) => ({ ...attempt, kind: 'succeeded', result: null })),
    claim: null,
  }),
  'step, failed': step.step(s, {
    workerId: me,
    outcomes: held.map((attempt) => ({ ...attempt, kind: 'failed', error, retry: { waitMs: 1_000 } })),
    claim: null,
  }),
  'step, lost': step.step(s, {
    workerId: me,
    outcomes: [{ seq: '1', attempt: 1, kind: 'succeeded', result: null }],
    claim: null,
  }),
  'step, begins': step.step(s, {
    workerId: me,
    outcomes: [],
    claim: null,
    begins: [...held, { seq: '1', attempt: 1 }].map((attempt) => ({ ...attempt, agoMs: 0, timeoutMs: 0 })),
  }),
  look: liveWorker.look(s, wish, 'x', true),
  'check-attempts': liveWorker.checkAttempts(s, me, held),
  'release-unknown': liveWorker.releaseUnknown(s, me, held),
  'set-progress': liveWorker.setProgress(s, me, key, '1'),
  'write-log': log.writeLog(s, [
    { ...key, workerId: me, lines: [line] },
    { seq: '1', attempt: 1, workerId: me, lines: [line] },
  ]),
  'read-log': log.readLog(s, STOPPED, { after: undefined, limit: 101 }),
  'read-verdict': liveWorker.readVerdict(s, me, { seq: '1', attempt: 1 }),
  beat: liveWorker.beat(s, worker),
  'beat, first': liveWorker.beat(s, { ...worker, id: fresh, jobTypes: ['new'] }),
  leave: liveWorker.leave(s, me, counts),
  keep: liveWorker.keep(s),
  'delete-outdated': liveWorker.deleteOutdated(s, kept),
  'add-plain-jobs': addJobs.addPlainJobs(s, [job]),
  'add-plain-jobs, alike under new ids': addJobs.addPlainJobs(s, [{ ...job, idIsNew: true }]),
  'add-keyed-jobs': addJobs.addKeyedJobs(s, keyed, '1s'),
  'add-whole-bundle': addJobs.addWholeBundle(s, bundle, [job], '1s'),
  'add-empty-bundle': addJobs.addEmptyBundle(s, bundle),
  'add-members': addJobs.addMembers(s, { id: OPEN_BUNDLE, startAt: null }, keyed, '1s'),
  'lock-open-bundle': addJobs.lockOpenBundle(s, OPEN_BUNDLE),
  'seal-bundle': addJobs.sealBundle(s, OPEN_BUNDLE),
  'read-member-ids': addJobs.readMemberIds(s, STOPPED_BUNDLE, 0, 10),
  'cancel-job, available': operateJobs.cancelJob(s, KEYED),
  'cancel-job, member': operateJobs.cancelJob(s, MEMBER),
  'cancel-job, scheduled': operateJobs.cancelJob(s, SCHEDULED),
  'cancel-job, running': operateJobs.cancelJob(s, RUNNING),
  'reset-job, available': operateJobs.resetJob(s, AVAILABLE, false),
  'reset-job, running': operateJobs.resetJob(s, RUNNING, true),
  'reset-job, stopped': operateJobs.resetJob(s, STOPPED, false),
  'delete-job, available': operateJobs.deleteJob(s, KEYED),
  'delete-job, running': operateJobs.deleteJob(s, RUNNING),
  'delete-job, stopped': operateJobs.deleteJob(s, STOPPED),
  'set-job-start': operateJobs.setJobStart(s, AVAILABLE, new Date('2100-01-01')),
  'set-job-start, stopped': operateJobs.setJobStart(s, STOPPED, new Date('2100-01-01')),
  'set-limit': limits.setLimit(s, 'limited', { concurrency: 1, rateCount: 2, rateMs: 3, perGroup: true }),
  'pause-type': limits.pauseType(s, 'type1'),
  'resume-type': limits.resumeType(s, 'paused1'),
  'cancel-bundle': operateJobs.cancelBundle(s, RUNNING_BUNDLE),
  'delete-bundle': operateJobs.deleteBundle(s, STOPPED_BUNDLE),
  'reset-jobs': operateJobs.resetJobs(s, [AVAILABLE, STOPPED], false),
  'delete-finished-jobs': operateJobs.deleteFinishedJobs(s, 86_400_000),
  'delete-jobs-of': operateJobs.deleteJobsOf(s, { origin: 'few' }),
  'delete-bundles-of': operateJobs.deleteBundlesOf(s, { type: 'few' }),
  'begin-deletion': operateJobs.beginDeletion(s),
  'delete-bundles-up-to': operateJobs.deleteBundlesUpTo(s, { first: STOPPED_BUNDLE, last: STOPPED_BUNDLE }),
  'delete-jobs-up-to': operateJobs.deleteJobsUpTo(s, { first: '1', last: '1000000' }),
  'read-clock': schedules.readClock(s),
  'put-schedule': schedules.putSchedule(s, scheduleOf('s1'), new Date(0)),
  'put-schedule, new': schedules.putSchedule(s, scheduleOf('new'), new Date(0)),
  'sync-schedules': schedules.syncSchedules(s, 'few', [scheduleOf('new')], new Date(0)),
  'pause-schedule': schedules.pauseSchedule(s, 's1', ''),
  'resume-schedule': schedules.resumeSchedule(s, 's1', '', new Date(0)),
  unschedule: schedules.unschedule(s, 's1', ''),
  'cancel-schedule': schedules.cancelSchedule(s, 's1', ''),
  'read-schedules': schedules.readSchedules(s, { name: 's1', owner: null, after: null, limit: 1 }, ''),
  'due-schedules': schedules.dueSchedules(s, ['r'], { after: null, limit: 100 }),
  'run-ticks': schedules.runTicks(s, [
    { ...planned, ticks: [planned.planned], next: new Date('2100-01-01'), waits: false, missed: 1 },
    { ...planned, name: 's2', ticks: [], next: null, waits: true, missed: 1 },
  ]),
  'announce-listener': listen.announceListener(s, fresh, all),
  'dismiss-listener': listen.dismissListener(s, me),
  'outbox-now': listen.outboxNow(s),
  'read-events': listen.readEvents(s, { tx: '1', id: '2', snapshot: '1:1:' }),
  'listen-by-name': namedListener.listenByName(s, 'accounts', all),
  'hold-listener': namedListener.holdListener(s, 'accounts', me),
  'hold-listener, one that wants nothing of it': namedListener.holdListener(s, 'calm', me),
  'next-events': namedListener.nextEvents(s, 'accounts', me),
  'note-events': namedListener.noteEvents(s, 'accounts', me, {
    upTo: { tx: '1', id: '2' },
    done: [{ tx: '1', id: '1' }],
    again: [{ tx: '1', id: '2', tries: 1, waitMs: 1_000 }],
  }),
  'leave-listener': namedListener.leaveListener(s, 'accounts', me),
  'forget-listener': namedListener.forgetListener(s, 'accounts'),
  'read-jobs': readJobs.readJobs(s, page),
  'read-job-named': readJobs.readJobs(s, { id: AVAILABLE, limit: 1 }),
  'read-jobs, members': readJobs.readJobs(s, { bundleId: STOPPED_BUNDLE, ...page }),
  'read-jobs, of a type': readJobs.readJobs(s, { type: 'type1', after: '10000', ...page }),
  'read-jobs-in-states': readJobs.readJobs(s, {
    states: ['available', 'running', 'scheduled', 'failed'],
    ...page,
  }),
  'read-jobs-in-states, of a type': readJobs.readJobs(s, {
    states: ['available', 'failed'],
    type: 'type1',
    ...page,
  }),
  'read-jobs-to-do': readJobs.readJobsToDo(s, { after: undefined, limit: 101 }),
  'read-attempts': readJobs.readAttempts(s, jobId(10_001)),
  'read-bundle': readBundle.readBundle(s, STOPPED_BUNDLE),
  'read-traces': traces.readTraces(s, ['15001', '15002']),
  'read-stats': readJobs.readStats(s),
  'read-status': readJobs.readStatus(s),
  'read-types': readTypes.readTypes(s),
  sample: sample.sample(s, me, 15_000),
  'read-workers': readWorkers.readWorkers(s),
  'read-readiness': readReadiness.readReadiness(s),
  'read-vitals': readReadiness.readVitals(s),
  'send-canary': readReadiness.sendCanary(s, 'x'),
}

/** Functions, and statements themselves, whose plan is not pinned and may turn with statistics: why it may. */
const MAY_TURN: Readonly<Record<string, string>> = {
  beat: 'one row a process',
  count_runs: 'five hundred runs that ended at the most, grouped in either way',
  dismiss_listener: 'one row a process',
  due_schedules: 'a hundred of each kind, sorted in either way',
  forget_listener: 'an end of a name, whose events all go',
  hold_listener: 'one row a name',
  is_alive: 'one row a process',
  keep: 'once a minute, and only what processes that are gone left behind',
  know_live_types: 'one row a process',
  leave: 'one row a process',
  leave_listener: 'one row a name',
  note_events: 'what one name is to be told again, read from either side',
  note_settled: 'one row a process',
  'statement read-events': 'planned anew each time, by the sizes of now',
  'statement read-job-named': 'planned anew each time, by the sizes of now',
  'statement read-jobs': 'planned anew each time, by the sizes of now',
  'statement read-jobs-in-states': 'planned anew each time, by the sizes of now',
  'statement read-jobs-to-do': 'planned anew each time, by the sizes of now',
  'statement read-readiness': 'one row a migration',
  'statement read-workers': 'all workers and all that runs is read, whatever is hashed',
  'statement read-schedules': 'planned anew each time, by the sizes of now',
  wake_for_available: 'one row a type that is limited or has groups',
  read_types: 'all workers and all that runs is read, by whatever way',
  reap_attempts: 'one row a process',
  sample:
    'a row a process, schedule or table, read by whatever way; what waits and stopped is read by its index',
  release_unknown: 'all that runs is read, whatever is hashed',
}

let url: string
beforeAll(async () => {
  url = (await queueDatabase()).url
  const client = await connected()
  await client.query(FILL)
  await client.end()
})

test('every statement, and all inside the functions that it calls, goes the way that was reviewed, whenever statistics were taken', async ({
  skip,
}) => {
  const client = await connected()
  onTestFinished(() => client.end())
  const { rows } = await client.query(`select current_setting('server_version_num')::int / 10000 as major`)
  skip(rows[0].major !== 18, `the plans were reviewed for PostgreSQL 18, and this is ${rows[0].major}`)
  const early = await allShapes()
  await client.query('analyze')
  const late = await allShapes()
  await expect(goldenOf(late)).toMatchFileSnapshot('plan-shapes.golden.txt')
  const turned = [...late].flatMap(([name, shapes]) =>
    [...new Set([...shapes.keys(), ...(early.get(name)?.keys() ?? [])])].filter(
      (place) => textOf(shapes.get(place)) !== textOf(early.get(name)?.get(place)),
    ),
  )
  expect(new Set(turned)).toEqual(new Set(Object.keys(MAY_TURN)))
}, 120_000)

test('no statement of the client is without its plan', () => {
  const files = globSync('*.sql', { cwd: new URL('../src/statements/', import.meta.url).pathname })
  const planned = new Set(Object.keys(statements).map(fileOf))
  expect(planned).toEqual(new Set(files.map((file) => basename(file, '.sql'))))
})

/** The plans of all that runs inside a statement, each once, by the function in which it stands, or the statement itself. */
type Shapes = ReadonlyMap<string, ReadonlySet<string>>

async function allShapes(): Promise<ReadonlyMap<string, Shapes>> {
  const found = new Map<string, Shapes>()
  // Somebody is at the tables, for where nobody is, what deletes everything has no plans.
  const reading = await connected()
  await reading.query('begin; select from job_stopped limit 1')
  for (const [name, query] of Object.entries(statements)) found.set(name, await shapesOf(name, query))
  await reading.end()
  return found
}

/** Over a connection of its own, so that no plan is one that an earlier statement left behind. */
async function shapesOf(name: string, { sql, parameters }: CompiledQuery<unknown>): Promise<Shapes> {
  const found = new Map<string, Set<string>>()
  const client = await connected()
  client.on('notice', ({ message = '', where = '' }) => {
    const plan = message.indexOf('{')
    if (!message.startsWith('duration') || plan < 0) return
    const within = /^(?:PL\/pgSQL|SQL) function "?(\w+)/m.exec(where)?.[1]
    const shape = shapeOf(JSON.parse(message.slice(plan)).Plan, 2)
    // A function computes with nothing but its variables, too.
    if (within !== undefined && shape.trim() === 'Result') return
    const place = within ?? statementOf(name)
    found.set(place, (found.get(place) ?? new Set()).add(shape))
  })
  await client.query("load 'auto_explain'")
  await client.query(
    'set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; set auto_explain.log_format = json',
  )
  await client.query('begin')
  await client.query('set local client_min_messages = log')
  await client.query(sql, [...parameters])
  await client.query('set local client_min_messages = warning') // ends the statement, which only then tells its own plan
  await client.end()
  expect([...found.keys()]).toContain(statementOf(name))
  return found
}

/** A function's plans are told where it is first called. */
function goldenOf(all: ReadonlyMap<string, Shapes>): string {
  const told = new Set<string>()
  const sections = [...all].map(([name, shapes]) => {
    const places = [...shapes].sort(
      ([a], [b]) => Number(b === statementOf(name)) - Number(a === statementOf(name)),
    )
    const lines = places.map(([place, plans]) => {
      const head = `  ${place === statementOf(name) ? 'asked' : `in ${place}`}`
      const text = `${place}\n${textOf(plans)}`
      if (told.has(text)) return `${head}, as above`
      told.add(text)
      const why = MAY_TURN[place] === undefined ? '' : `, may turn: ${MAY_TURN[place]}`
      return `${head}${why}\n${textOf(plans)}`
    })
    return [name, ...lines].join('\n')
  })
  return `${sections.join('\n\n')}\n`
}

function textOf(shapes: ReadonlySet<string> | undefined): string {
  return [...(shapes ?? [])].join('\n')
}

function statementOf(name: string): string {
  return `statement ${fileOf(name)}`
}

function fileOf(name: string): string {
  return name.split(',', 1)[0] as string
}

async function connected(): Promise<pg.Client> {
  // What the golden file holds is what PostgreSQL chooses where nobody forbids it to plan for the values. What fills the tables
  // names no schema, and takes its time, as does whoever reads what came.
  const patient = { statement_timeout: '0', idle_session_timeout: '0' }
  const settings = { search_path: 'worker', plan_cache_mode: 'auto', ...patient }
  const client = new pg.Client(withSettings(url, settings))
  await client.connect()
  return client
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'CTE Name'?: string
  readonly 'Function Name'?: string
  readonly Plans?: readonly Plan[]
}

/** A scan by an index is one, with a bitmap or without. */
function shapeOf(plan: Plan, depth: number): string {
  const [inner, ...others] = plan.Plans ?? []
  if (
    plan['Node Type'] === 'Bitmap Heap Scan' &&
    inner?.['Node Type'] === 'Bitmap Index Scan' &&
    others.length === 0
  )
    return shapeOf(
      { ...plan, 'Node Type': 'Index Scan', 'Index Name': inner['Index Name'] as string, Plans: [] },
      depth,
    )
  const of = plan['Relation Name'] ?? plan['CTE Name'] ?? plan['Function Name']
  const by = plan['Index Name'] === undefined ? undefined : `by ${plan['Index Name']}`
  const line = '  '.repeat(depth) + [plan['Node Type'], of, by].filter((word) => word !== undefined).join(' ')
  return [line, ...(plan.Plans ?? []).map((part) => shapeOf(part, depth + 1))].join('\n')
}

/** No table is analyzed by the server itself, so that what is seen without statistics is without. */
const FILL = `
do $$ declare t text; begin
  for t in select tablename from pg_tables where schemaname = 'worker' loop
    execute format('alter table worker.%I set (autovacuum_enabled = off)', t);
  end loop;
end $$;
insert into job (seq, id, type, payload, origin, bundle_id, unique_key, schedule_name, schedule_key, tick, created_at)
select n, ('0197a000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'type' || n % 8, '{}', case when n in (4001, 4002, 15002) then 'few' else 'test' end,
  ('0197a000-0000-7000-8002-' || lpad(to_hex(case when n <= 4000 then 1000 + (n + 3) / 4 when n between 15001 and 19000 then (n - 14997) / 4 when n = 19991 then 2002 end), 12, '0'))::uuid,
  case when n between 5000 and 9999 or n = 19991 then 'key' || n end,
  case when n = 19991 then 's2' end, case when n = 19991 then '' end, case when n = 19991 then now() end, case when n % 8 = 7 then now() - interval '5 days' else now() end
from generate_series(1, 20000) n;
insert into job_key (key, seq) select unique_key, seq from job where unique_key is not null;
insert into job_bundle (id, type, origin, num_jobs, num_stopped, sealed, when_stopped, epoch, stopped_at)
select ('0197a000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, case when n in (2, 1500) then 'few' else 'b' end, 'o',
  case when n <= 2000 then 4 when n = 2002 then 1 else 0 end, case when n <= 1000 then 4 else 0 end, n <> 2001,
  case when n = 2002 then '[{"type":"after","origin":"o","payload":1}]'::jsonb end, (n <= 1000)::int, case when n <= 1000 then now() - interval '2 days' - n * interval '1 s' end
from generate_series(1, 2002) n;
insert into job_available (seq, type, rank, attempt, crashes, solo, keyed)
select n, 'type' || n % 8, -1, (n = 9)::int, (n = 9)::int, n = 9, n >= 5000 and n < 10000 from generate_series(1, 10000) n;
insert into job_scheduled (start_at, seq, type, rank, attempt, retries, retrying)
select now() + interval '1 day' * case when n <= 10100 then -1 else 1 end, n, 'type' || n % 8, -1, 1, 1, true from generate_series(10001, 15000) n;
insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, stopped_at)
select n, (case when n > 19000 and n % 100 = 0 then 'f' else 's' end)::"char", 1, 0, 0, 0, now() - case when n < 19980 then interval '2 days' else interval '0' end from generate_series(15001, 19990) n;
insert into job_running (seq, attempt, worker_id, started_at, retries, timeout_retries, crashes, max_retries, max_timeout_retries, max_crashes, keyed, bundle_id)
select n, 1, (case when n < 20000 then '${me}' else '${idOf(0, 0xdead)}' end)::uuid, now(), 0, 0, 0, 3, 0, 3, n = 19991, case when n = 19991 then '${bundleId(2_002)}'::uuid end
from generate_series(19991, 20000) n;
insert into job_attempt (seq, attempt, worker_id, started_at, ended_at, outcome)
select n, 1, '${me}'::uuid, now() - interval '1 hour', now() - interval '1 hour', 'f' from generate_series(10001, 15000) n
union all select 9, 1, '${me}'::uuid, now() - interval '1 hour', now() - interval '1 hour', 'k';
insert into job_log (seq, attempt, line, at, level, fields)
select n, 1, line, now(), 'i', '{}' from generate_series(15001, 17000) n cross join generate_series(1, 3) line;
insert into event (kind, bundle_id, bundle_type, origin, epoch, has_error)
select 'b', gen_random_uuid(), 'test', 'test', 1, false from generate_series(1, 10000) n;
insert into job (seq, id, type, payload, origin, group_key)
select n, ('0197a000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'limited', '{}', 'test', 'g' || n % 10 from generate_series(20001, 20100) n;
insert into job_available (seq, type, group_key, rank) select n, 'limited', 'g' || n % 10, -1 from generate_series(20001, 20100) n;
insert into type_limit (type, concurrency, rate_count, rate_ms, per_group, turn, set_at) values ('limited', 5, 5, 1000, true, 'g3', now() - interval '1 hour');
insert into type_limit (type, paused_at) select 'paused' || n, now() from generate_series(1, 100) n;
insert into group_bucket (type, group_key, tokens, tokens_at) select 'limited', 'g' || n, 0, now() from generate_series(5, 500) n;
insert into group_hold (type, group_key, until) select 'limited', 'g' || n, now() + interval '1 day' from generate_series(6, 500) n;
select setval('job_seq_seq', 20100);
select beat('${me}', 'here', 1, '1', '{type1,type2,limited}', 1, '1 hour', true), beat('${idOf(0, 0xdead)}', 'here', 2, '1', '{type1}', 1, '1 hour', true);
update worker set worker_alive_at = now() - interval '1 day' where pid = 2;
update keeping set kept_at = now(), unbroken_since = now() - interval '3 days';
insert into sleeper values ('${idOf(0, 0xdead)}', '{type1}');
insert into listener (id, jobs, bundles, changes) values ('${me}', true, true, true);
insert into named_listener (name, jobs, bundles, changes, tx, id, since, holder, held_until)
select n, n = 'calm', n <> 'calm', false, (select tx from event limit 1), 9000, '1:1:', '${me}', now() + interval '1 day' from unnest('{accounts,calm}'::text[]) n;
insert into schedule (name, key, owner, spec, template, every_ms, rule, misfire, no_overlap, plan_from, next_run_at, last_job_id)
select 's' || n, '', case when n % 500 = 0 then 'few' else 'o' end, '{}', '{"type":"type1","origin":"o","payload":1}', case when n % 10 > 0 then 1000 end,
  case when n % 10 = 0 then 'r' end, 'once', true, case when n = 10 then now() end,
  case when n < 9 then '2026-01-01 00:00Z'::timestamptz when n <> 10 then now() + n * interval '1 hour' end, case when n = 1 then '${KEYED}'::uuid end
from generate_series(1, 2000) n;
insert into schedule_run (seq, name, key, outcome, ended_at)
select n, case when n = 19991 then 's2' else 's' || n - 15000 end, '', case when n < 19000 then 's' end, case when n < 19000 then now() end
from generate_series(15001, 19991) n where n < 15100 or n = 19991;
insert into event_again (name, tx, id, tries, due_at) select 'accounts', tx, id, 1, now() from event where id < 100;
`
