import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type PreparedBundle, type PreparedJob, prepareSchedule } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import { expect, test } from 'vitest'
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

const folder = new URL('../src/statements/', import.meta.url)
const s = statementsFor('worker')
const id = '0197a000-0000-7000-8000-000000000001'
const job: PreparedJob = {
  id,
  idIsNew: false,
  type: 'email',
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
}
const bundle: PreparedBundle = {
  id,
  type: 'b',
  origin: 'test',
  startAt: null,
  sealed: true,
  whenStopped: [job],
  deleteOnSuccess: false,
}
const schedule = prepareSchedule({ name: 'n', job: { type: 'email', payload: {} }, every: '1h' })
const worker = {
  id,
  host: 'here',
  pid: 1,
  version: '1',
  jobTypes: ['email'],
  threads: 4,
  heartbeatIntervalMs: 10_000,
  deadForMs: 60_000,
}
const key = { seq: '1', attempt: 1 }
const wish = { workerId: id, types: ['email'], reap: true, sleeping: true }
const line = { line: 1, agoMs: 2, level: 'info', message: 'email', fields: '{}' } as const
const page = { type: 'email', bundleId: id, origin: 'test', uniqueKey: 'k', after: '7', limit: 101 }

/** One statement of each function that builds statements; `readJobs` builds three kinds. */
const statements: Readonly<Record<string, CompiledQuery<unknown>>> = {
  addPlainJobs: addJobs.addPlainJobs(s, [job]),
  addKeyedJobs: addJobs.addKeyedJobs(s, [{ ...job, uniqueKey: 'k' }], '1s'),
  addWholeBundle: addJobs.addWholeBundle(s, bundle, [job], '1s'),
  addEmptyBundle: addJobs.addEmptyBundle(s, bundle),
  addMembers: addJobs.addMembers(s, { id, startAt: null }, [job], '1s'),
  lockOpenBundle: addJobs.lockOpenBundle(s, id),
  sealBundle: addJobs.sealBundle(s, id),
  readMemberIds: addJobs.readMemberIds(s, id, 0, 10),
  announceListener: listen.announceListener(s, id, { jobs: true, bundles: false, changes: false }),
  dismissListener: listen.dismissListener(s, id),
  outboxNow: listen.outboxNow(s),
  readEvents: listen.readEvents(s, { tx: '1', id: '2', snapshot: '1:1:' }),
  listenByName: namedListener.listenByName(s, 'n', { jobs: true, bundles: false, changes: false }),
  holdListener: namedListener.holdListener(s, 'n', id),
  nextEvents: namedListener.nextEvents(s, 'n', id),
  noteEvents: namedListener.noteEvents(s, 'n', id, {
    upTo: { tx: '1', id: '2' },
    done: [{ tx: '1', id: '1' }],
    again: [{ tx: '1', id: '2', tries: 1, waitMs: 1_000 }],
  }),
  leaveListener: namedListener.leaveListener(s, 'n', id),
  forgetListener: namedListener.forgetListener(s, 'n'),
  beat: liveWorker.beat(s, worker),
  leave: liveWorker.leave(s, id, undefined),
  look: liveWorker.look(s, wish, null, true),
  checkAttempts: liveWorker.checkAttempts(s, id, [key]),
  releaseUnknown: liveWorker.releaseUnknown(s, id, [key]),
  setProgress: liveWorker.setProgress(s, id, key, '1'),
  keep: liveWorker.keep(s),
  deleteOutdated: liveWorker.deleteOutdated(s, { succeededMs: 1_000, failedMs: 2_000, orphanedMs: null }),
  readVerdict: liveWorker.readVerdict(s, id, key),
  readClock: schedules.readClock(s),
  putSchedule: schedules.putSchedule(s, schedule, new Date(0)),
  syncSchedules: schedules.syncSchedules(s, 'o', [schedule], new Date(0)),
  pauseSchedule: schedules.pauseSchedule(s, 'n', ''),
  resumeSchedule: schedules.resumeSchedule(s, 'n', '', new Date(0)),
  unschedule: schedules.unschedule(s, 'n', ''),
  cancelSchedule: schedules.cancelSchedule(s, 'n', ''),
  readSchedules: schedules.readSchedules(
    s,
    { name: 'n', owner: 'o', after: { name: 'n', key: 'k' }, limit: 101 },
    'k',
  ),
  dueSchedules: schedules.dueSchedules(s, ['r'], { after: null, limit: 100 }),
  runTicks: schedules.runTicks(s, []),
  setLimit: limits.setLimit(s, 'email', { concurrency: 1, rateCount: 2, rateMs: 3, perGroup: true }),
  pauseType: limits.pauseType(s, 'email'),
  resumeType: limits.resumeType(s, 'email'),
  cancelBundle: operateJobs.cancelBundle(s, id),
  resetJobs: operateJobs.resetJobs(s, [id], false),
  setJobStart: operateJobs.setJobStart(s, id, new Date(0)),
  deleteFinishedJobs: operateJobs.deleteFinishedJobs(s, 1_000),
  deleteJobsOf: operateJobs.deleteJobsOf(s, { origin: 'test' }),
  deleteBundlesOf: operateJobs.deleteBundlesOf(s, { type: 'b' }),
  beginDeletion: operateJobs.beginDeletion(s),
  deleteBundlesUpTo: operateJobs.deleteBundlesUpTo(s, { first: id, last: id }),
  deleteJobsUpTo: operateJobs.deleteJobsUpTo(s, { first: '1', last: '7' }),
  cancelJob: operateJobs.cancelJob(s, id),
  resetJob: operateJobs.resetJob(s, id, false),
  deleteJob: operateJobs.deleteJob(s, id),
  deleteBundle: operateJobs.deleteBundle(s, id),
  readBundle: readBundle.readBundle(s, id),
  readStatus: readJobs.readStatus(s),
  readJobs: readJobs.readJobs(s, page),
  readJobNamed: readJobs.readJobs(s, { id, ...page }),
  readJobsInStates: readJobs.readJobs(s, { ...page, states: ['available', 'failed', 'succeeded'] }),
  readJobsToDo: readJobs.readJobsToDo(s, {
    after: { seq: '7', startAt: '2026-01-01T00:00:00.000001+00:00' },
    limit: 101,
  }),
  readAttempts: readJobs.readAttempts(s, id),
  sample: sample.sample(s, id, 15_000),
  writeLog: log.writeLog(s, [{ ...key, workerId: id, lines: [line] }]),
  readLog: log.readLog(s, id, { after: { attempt: 1, line: 2 }, limit: 101 }),
  readTraces: traces.readTraces(s, ['1', '2']),
  readStats: readJobs.readStats(s),
  readTypes: readTypes.readTypes(s),
  readWorkers: readWorkers.readWorkers(s),
  readReadiness: readReadiness.readReadiness(s),
  readVitals: readReadiness.readVitals(s),
  sendCanary: readReadiness.sendCanary(s, 'x'),
  step: step.step(s, { workerId: id, outcomes: [], claim: null }),
}

test.for(Object.entries(statements))('%s asks the SQL that was reviewed', async ([name, { sql }]) => {
  await expect(pretty(sql)).toMatchFileSnapshot(new URL(`${kebab(name)}.sql`, folder).pathname)
})

test('every function that builds a statement has its SQL beside it, and no SQL is left over', () => {
  const builders = globSync('*.ts', { cwd: folder.pathname }).flatMap((file) => {
    const functions = readFileSync(new URL(file, folder), 'utf8')
      .split(/^export function /m)
      .slice(1)
    return functions
      .filter((text) => /\): CompiledQuery</.test(text))
      .map((text) => text.split(/\W/, 1)[0] as string)
  })
  const reviewed = globSync('*.sql', { cwd: folder.pathname }).map((file) => basename(file, '.sql'))
  const expected = [...builders.filter((name) => name !== 'call'), 'readJobNamed', 'readJobsInStates']
  expect(new Set(Object.keys(statements))).toEqual(new Set(expected))
  expect(new Set(reviewed)).toEqual(new Set(expected.map(kebab)))
})

test('what the caller gives travels as parameters, and never in the text', () => {
  for (const { sql } of Object.values(statements)) expect(sql).not.toMatch(/email|'test'|0197a000/)
})

/** One clause a line, indented by the parentheses around it. */
function pretty(sql: string): string {
  const flat = sql.replace(/\s+/g, ' ').trim()
  const clause = / (?=(?:from|where|order by|limit|union all|cross join|on conflict|group by)\b)/g
  const lines = flat
    .replace(/\( ?(?=\(|select )/g, '(\n')
    .replace(clause, '\n')
    .split('\n')
  let depth = 0
  const indented = lines.map((line) => {
    const indent = '  '.repeat(depth)
    depth += line.split('(').length - line.split(')').length
    return indent + line
  })
  return `${indented.join('\n')};\n`
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
