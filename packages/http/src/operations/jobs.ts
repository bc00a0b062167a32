import { duration, type Job, type JobFilter, type JobPage, type Page } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import { z } from 'zod'
import { answer, done } from '../answer.ts'
import type { Api } from '../api.ts'
import { placed } from '../known-jobs.ts'
import { type Operation, operation } from '../operation.ts'
import { Problem } from '../problem.ts'
import { byId, moment, page } from '../schemas/fields.ts'
import { added, job, jobAttempt, jobPage, jobQuery, jobWritten, logPage, runState } from '../schemas/job.ts'
import { stoppedOrLate } from '../stopped-or-late.ts'

/** Jobs by themselves: looked at, added, and acted upon one by one. */
export function jobOperations(api: Api): Operation[] {
  return [...lookingOperations(api), ...addingOperations(api), ...actingOperations(api)]
}

function lookingOperations({ jobqueue, traffic }: Api): Operation[] {
  const listed = (id: string, path: string, summary: string, ask: (page: Page) => Promise<JobPage>) =>
    operation({
      id,
      method: 'GET',
      path,
      right: 'read',
      summary,
      query: z.strictObject(page),
      answers: { 200: { description: 'A page of jobs', schema: jobPage } },
      run: async ({ query, request }) => pageAnswer(await ask(query), request),
    })
  return [
    operation({
      id: 'getJobs',
      method: 'GET',
      path: '/jobs',
      right: 'read',
      summary: 'Newest first; members of one bundle in the order of adding.',
      query: jobQuery,
      answers: { 200: { description: 'A page of jobs', schema: jobPage } },
      run: async ({ query, request }) => pageAnswer(await jobqueue.getJobs(query as JobFilter), request),
    }),
    listed('getJobsToDo', '/jobs/toDo', 'What waits and runs, by start and then by age.', (asked) =>
      jobqueue.getAllJobsToDo(asked),
    ),
    listed('getJobsWithErrors', '/jobs/withErrors', 'Those that failed for good or died.', (asked) =>
      jobqueue.getAllJobsWithErrors(asked),
    ),
    operation({
      id: 'getJobsStartedBefore',
      method: 'GET',
      path: '/jobs/startedBefore',
      right: 'read',
      summary: 'Started before this time, and not stopped yet.',
      query: z.strictObject({ before: moment, ...page }),
      answers: { 200: { description: 'A page of jobs', schema: jobPage } },
      run: async ({ query: { before, ...asked }, request }) =>
        pageAnswer(await jobqueue.getAllJobsStartedBefore(before, asked), request),
    }),
    operation({
      id: 'readJob',
      method: 'GET',
      path: '/jobs/:id',
      right: 'read',
      summary: 'One job, whole.',
      params: byId,
      answers: { 200: { description: 'The job', schema: job } },
      run: async ({ params: { id } }) => answer(200, await found(id)),
    }),
    operation({
      id: 'getAttempts',
      method: 'GET',
      path: '/jobs/:id/attempts',
      right: 'read',
      summary: 'Its ended attempts that did not succeed, oldest first.',
      params: byId,
      answers: { 200: { description: 'The attempts', schema: z.object({ attempts: z.array(jobAttempt) }) } },
      run: async ({ params: { id } }) => {
        await found(id)
        return answer(200, { attempts: await jobqueue.getAttempts(id) })
      },
    }),
    operation({
      id: 'getLog',
      method: 'GET',
      path: '/jobs/:id/log',
      right: 'read',
      summary: 'What its handler said, oldest first.',
      params: byId,
      query: z.strictObject(page),
      answers: { 200: { description: 'A page of lines', schema: logPage } },
      run: async ({ params: { id }, query }) => {
        await found(id)
        return answer(200, await jobqueue.getLog(id, query))
      },
    }),
    operation({
      id: 'getRunState',
      method: 'GET',
      path: '/jobs/:id/state',
      right: 'read',
      summary:
        'How it fares. With `wait=30s` the answer comes when it has stopped, or after this time: a minute at most.',
      params: byId,
      query: z.strictObject({ wait: z.string().optional() }),
      answers: { 200: { description: 'Its state', schema: runState } },
      run: async ({ params: { id }, query, request }) => {
        const state = await jobqueue.getRunState(id)
        const waitMs =
          query.wait === undefined ? 0 : Math.min(MOST_WAIT_MS, durationMs(duration(query.wait), 'wait'))
        if (waitMs > 0) await stoppedOrLate(state, waitMs, [request.signal, traffic.leaving])
        return answer(200, runStateOf(state.job))
      },
    }),
  ]

  async function found(id: string): Promise<Job> {
    const one = await jobqueue.getJob(id)
    if (one === null) throw noJob(id)
    return one
  }
}

function addingOperations({ jobqueue, jobs }: Api): Operation[] {
  return [
    operation({
      id: 'addJob',
      method: 'POST',
      path: '/jobs',
      right: 'add',
      summary: 'Adds a job. With an id of its own, or a unique key, sending it again gives the same job.',
      body: jobWritten,
      answers: {
        201: { description: 'It was added', schema: added },
        200: { description: 'This job was there', schema: added },
      },
      run: async ({ body: { type, payload = null, ...options } }) => {
        const definition = jobs.definitionOf(type, 'type')
        const result = await placed('', () => jobqueue.add(definition, payload, options))
        return answer(result.status === 'duplicate' ? 200 : 201, result, { location: `jobs/${result.id}` })
      },
    }),
    operation({
      id: 'addJobs',
      method: 'POST',
      path: '/jobs/many',
      right: 'add',
      summary: 'Adds jobs in one transaction: all or none.',
      body: z.strictObject({ jobs: z.array(jobWritten) }),
      answers: {
        201: { description: 'In the order of the request', schema: z.object({ jobs: z.array(added) }) },
      },
      run: async ({ body }) =>
        answer(201, { jobs: await jobqueue.addMany(await jobs.descsOf(body.jobs, 'jobs')) }),
    }),
  ]
}

function actingOperations({ jobqueue }: Api): Operation[] {
  const isThere = async (id: string) => (await jobqueue.getJob(id)) !== null
  return [
    operation({
      id: 'cancelJob',
      method: 'POST',
      path: '/jobs/:id/cancel',
      right: 'act',
      summary: 'Ends a job. A running one is asked to stop.',
      params: byId,
      answers: {
        200: {
          description: 'What came of it',
          schema: z.object({ outcome: z.enum(['cancelled', 'requested', 'alreadyStopped']) }),
        },
      },
      run: async ({ params: { id } }) => {
        const outcome = await jobqueue.cancelJob(id)
        if (outcome === 'notFound') throw noJob(id)
        return answer(200, { outcome })
      },
    }),
    operation({
      id: 'resetJob',
      method: 'POST',
      path: '/jobs/:id/reset',
      right: 'act',
      summary: 'Makes a job as new. A running one is refused unless `ifRunning` is `cancel`.',
      params: byId,
      body: z.strictObject({ ifRunning: z.enum(['refuse', 'cancel']).optional() }).optional(),
      answers: { 200: { description: 'Whether it was reset', schema: z.object({ reset: z.boolean() }) } },
      run: async ({ params: { id }, body }) => {
        const reset = await jobqueue.resetJob(id, body ?? {})
        if (!reset && !(await isThere(id))) throw noJob(id)
        return answer(200, { reset })
      },
    }),
    operation({
      id: 'setJobStart',
      method: 'POST',
      path: '/jobs/:id/start',
      right: 'act',
      summary: 'Puts a job off, or forward. One that has stopped begins again.',
      params: byId,
      body: z.strictObject({ startAt: moment }),
      answers: { 200: { description: 'Whether it was set', schema: z.object({ set: z.boolean() }) } },
      run: async ({ params: { id }, body: { startAt } }) => {
        const set = await jobqueue.setJobStart(id, startAt)
        if (!set && !(await isThere(id))) throw noJob(id)
        return answer(200, { set })
      },
    }),
    operation({
      id: 'deleteJob',
      method: 'DELETE',
      path: '/jobs/:id',
      right: 'delete',
      summary: 'Deletes a job, whatever state it is in.',
      params: byId,
      answers: { 204: { description: 'It is gone' } },
      run: async ({ params: { id } }) => {
        if (!(await jobqueue.deleteJob(id))) throw noJob(id)
        return done()
      },
    }),
  ]
}

/** Proxies in between seldom wait longer for a silent answer. */
const MOST_WAIT_MS = 60_000

/** A page, and the way to the next one in the body and in the header. */
export function pageAnswer({ jobs, next }: JobPage, request: Request): Response {
  return answer(200, { jobs, next }, { next, request })
}

function runStateOf({ id, state, stoppedAt, attempt, progress, errorMsg, result }: Job) {
  return { id, state, isStopped: stoppedAt !== null, attempt, progress, errorMsg, result }
}

function noJob(id: string): Problem {
  return new Problem(404, 'not_found', `There is no job ${id}. It was deleted, or never was.`)
}
