import type { JobQueue } from '@jq/core'
import { defineJob } from '@jq/core'
import { schemaOf } from './schema-of.ts'

/** What one call does that cannot be, and how it is refused; whichever service is asked. */
export interface RefusedCall {
  readonly what: string
  readonly call: (queue: JobQueue) => Promise<unknown>
  readonly reason: string
  readonly path: string
}

const job = defineJob('anything', { payload: schemaOf((input: unknown) => input) })
const id = '0192d5a0-0000-7000-8000-000000000000'
const hear = () => undefined

class Options {
  priority = 1
}

const refused: readonly [
  what: string,
  call: (queue: any) => Promise<unknown>,
  reason: string,
  path: string,
][] = [
  ['a listener that is null', (queue) => queue.addListener(null), 'invalid_listener', 'listener'],
  ['no listener', (queue) => queue.addListener(), 'invalid_listener', 'listener'],
  ['a function for a listener', (queue) => queue.addListener(hear), 'invalid_listener', 'listener'],
  ['a listener of nothing', (queue) => queue.addListener({}), 'invalid_listener', 'listener'],
  [
    'a misspelt listener',
    (queue) => queue.addListener({ onJobStoped: hear }),
    'invalid_listener',
    'listener',
  ],
  [
    'a listener that is no function',
    (queue) => queue.addListener({ onJobStopped: 5 }),
    'invalid_listener',
    'listener.onJobStopped',
  ],
  [
    'a listener that is null beside another',
    (queue) => queue.addListener({ onJobStopped: hear, onResync: null }),
    'invalid_listener',
    'listener.onResync',
  ],
  [
    'a listener of no job type',
    (queue) => queue.addListener({ onJobStopped: hear }, { jobType: 'a b' }),
    'invalid_job_type',
    'options.jobType',
  ],
  [
    'a listener of no bundle type',
    (queue) => queue.addListener({ onJobBundleStopped: hear }, { bundleType: 'x'.repeat(101) }),
    'too_long',
    'options.bundleType',
  ],
  [
    'listener options that are null',
    (queue) => queue.addListener({ onResync: hear }, null),
    'invalid_option',
    'options',
  ],

  [
    'ifRunning of nonsense',
    (queue) => queue.resetJob(id, { ifRunning: 'x' }),
    'invalid_option',
    'options.ifRunning',
  ],
  [
    'ifRunning of nonsense for many',
    (queue) => queue.resetJobs([id], { ifRunning: true }),
    'invalid_option',
    'options.ifRunning',
  ],
  ['a text for ids', (queue) => queue.resetJobs('abc'), 'not_iterable', 'jobIds'],
  ['null for ids', (queue) => queue.resetJobs(null), 'not_iterable', 'jobIds'],
  ['an id among them that is none', (queue) => queue.resetJobs([id, 5]), 'invalid_id', 'jobIds[1]'],

  ['null for options', (queue) => queue.add(job, 1, null), 'invalid_option', 'options'],
  ['a number for options', (queue) => queue.add(job, 1, 5), 'invalid_option', 'options'],
  ['a list for options', (queue) => queue.add(job, 1, []), 'invalid_option', 'options'],
  ['a Map for options', (queue) => queue.add(job, 1, new Map()), 'invalid_option', 'options'],
  ['an instance for options', (queue) => queue.add(job, 1, new Options()), 'invalid_option', 'options'],
  ['a misspelt option', (queue) => queue.add(job, 1, { dp: 1 }), 'unknown_option', 'options.dp'],
  ['null for the options of many', (queue) => queue.addMany([], null), 'invalid_option', 'options'],
  ['a list for a bundle', (queue) => queue.addBundle([job.with(1)]), 'invalid_option', 'bundle'],
  [
    'a misspelt option of a bundle',
    (queue) => queue.addBundle({ type: 'b', origin: 'o', jobs: [job.with(1)] }, { tx: 1 }),
    'unknown_option',
    'options.tx',
  ],
  ['null for those of members', (queue) => queue.addToBundle(id, [], null), 'invalid_option', 'options'],
  ['null for those of a seal', (queue) => queue.sealBundle(id, null), 'invalid_option', 'options'],
  ['null for those of a reset', (queue) => queue.resetJob(id, null), 'invalid_option', 'options'],
  [
    'a misspelt one of a reset',
    (queue) => queue.resetJob(id, { ifRuning: 'cancel' }),
    'unknown_option',
    'options.ifRuning',
  ],
  ['null for those of many resets', (queue) => queue.resetJobs([id], null), 'invalid_option', 'options'],
  ['null for those of a cancellation', (queue) => queue.cancelJob(id, null), 'invalid_option', 'options'],
  ['null for those of a bundle', (queue) => queue.cancelJobBundle(id, null), 'invalid_option', 'options'],
  [
    'null for those of a start',
    (queue) => queue.setJobStart(id, new Date(), null),
    'invalid_option',
    'options',
  ],
  ['null for those of a deletion', (queue) => queue.deleteJob(id, null), 'invalid_option', 'options'],
  ["null for those of a bundle's", (queue) => queue.deleteJobBundle(id, null), 'invalid_option', 'options'],
  ['a list for those of a clear-up', (queue) => queue.deleteFinishedJobs([]), 'invalid_option', 'options'],

  ['a definition that is null', (queue) => queue.getJob(id, null), 'invalid_definition', 'as'],
  ['a name for a definition', (queue) => queue.getJob(id, 'anything'), 'invalid_definition', 'as'],
  ['a run of no definition', (queue) => queue.getRunState(id, null), 'invalid_definition', 'as'],
  ['a job of no definition', (queue) => queue.add({ with: hear }, 1), 'invalid_definition', 'job'],

  ['null for a filter', (queue) => queue.getJobs(null), 'invalid_option', 'filter'],
  ['a number for a state', (queue) => queue.getJobs({ state: 5 }), 'invalid_state', 'filter.state'],
  ['null for a state', (queue) => queue.getJobs({ state: null }), 'invalid_state', 'filter.state'],
  [
    'a state of those with errors',
    (queue) => queue.getAllJobsWithErrors({ state: 'dead' }),
    'unknown_option',
    'filter.state',
  ],
  [
    'a state of those to do',
    (queue) => queue.getAllJobsToDo({ state: 'running' }),
    'unknown_option',
    'filter.state',
  ],
  [
    'a number for a time of a page',
    (queue) => queue.getAllJobsToDo({ after: '1@9999999999' }),
    'invalid_page',
    'filter.after',
  ],
  [
    'a day that is none for that of a page',
    (queue) => queue.getAllJobsToDo({ after: '1@2026-02-31T00:00:00+00:00' }),
    'invalid_page',
    'filter.after',
  ],
  [
    'a zone that is none for that of a page',
    (queue) => queue.getAllJobsToDo({ after: '1@2026-02-28T00:00:00+99:00' }),
    'invalid_page',
    'filter.after',
  ],
  [
    'a state of those that started',
    (queue) => queue.getAllJobsStartedBefore(new Date(), { state: 'dead' }),
    'unknown_option',
    'filter.state',
  ],
]

export const refusedCalls: readonly RefusedCall[] = refused.map(([what, call, reason, path]) => ({
  what,
  call,
  reason,
  path,
}))
