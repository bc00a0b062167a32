import type { JobOptions } from '@jq/core'
import { z } from 'zod'
import { answer } from '../answer.ts'
import type { Api } from '../api.ts'
import { placed } from '../known-jobs.ts'
import { type Operation, operation } from '../operation.ts'
import { Problem } from '../problem.ts'
import { byId } from '../schemas/fields.ts'
import { seedJob, seedJobAdded, seedJobWritten, seedQuery, seedStats } from '../schemas/seed.ts'
import { seedJobOf, seedStatsOf, seedStatusOf, statesOf } from '../seed-job.ts'

/** The face of job-scheduler, with its bodies and status codes. */
export function seedOperations({ jobqueue, jobs, options }: Api): Operation[] {
  return [
    operation({
      id: 'postJob',
      method: 'POST',
      path: '/jobs',
      right: 'add',
      summary: 'Adds a job. With an id of its own, sending it again gives the same job.',
      body: seedJobWritten,
      answers: {
        201: { description: 'It was added', schema: seedJobAdded },
        200: { description: 'This job was there', schema: seedJobAdded },
      },
      run: async ({ body }) => {
        const definition = jobs.definitionOf(body.type, 'type')
        const asked = optionsOf(body, definition.defaults.maxRetryCount)
        const { id, status } = await placed(
          '',
          () => jobqueue.add(definition, body.payload ?? null, asked),
          NAMES,
        )
        const before = status === 'duplicate' ? await jobqueue.getJob(id) : null
        return answer(
          before === null ? 201 : 200,
          { id, status: before === null ? 'pending' : seedStatusOf(before.state) },
          { location: `jobs/${id}` },
        )
      },
    }),
    operation({
      id: 'listJobs',
      method: 'GET',
      path: '/jobs',
      right: 'read',
      summary: 'The newest jobs, 100 a page unless told otherwise; the header Link leads to the next page.',
      query: seedQuery,
      answers: { 200: { description: 'A page of jobs', schema: z.array(seedJob) } },
      run: async ({ query: { status, ...page }, request }) => {
        const state = status === undefined ? {} : { state: statesOf[status] }
        const { jobs: found, next } = await jobqueue.getJobs({ ...state, ...page })
        return answer(200, found.map(seedJobOf), { next, request })
      },
    }),
    operation({
      id: 'getJob',
      method: 'GET',
      path: '/jobs/:id',
      right: 'read',
      summary: 'One job.',
      params: byId,
      answers: { 200: { description: 'The job', schema: seedJob } },
      run: async ({ params: { id } }) => {
        const job = await jobqueue.getJob(id)
        if (job === null) throw new Problem(404, 'not_found', `There is no job ${id}.`)
        return answer(200, seedJobOf(job))
      },
    }),
    operation({
      id: 'getStats',
      method: 'GET',
      path: '/stats',
      right: 'read',
      summary: 'How many jobs have which status.',
      answers: { 200: { description: 'The four counts', schema: seedStats } },
      run: async () => answer(200, seedStatsOf(await jobqueue.getStats())),
    }),
    ...(options.metrics === undefined ? [] : [metricsOperation(options.metrics)]),
  ]
}

function metricsOperation(metrics: () => Promise<string>): Operation {
  return operation({
    id: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    right: 'read',
    summary: 'Metrics as Prometheus reads them.',
    isAlwaysOpen: true,
    answers: { 200: { description: 'Prometheus text', type: 'text/plain' } },
    run: async () =>
      new Response(await metrics(), {
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      }),
  })
}

/** What job-scheduler calls what the queue calls otherwise. */
const NAMES = { startAt: 'scheduled_at', uniqueKey: 'unique_key', groupKey: 'group_key' }

/** Three attempts unless the job or its definition says otherwise. */
function optionsOf(posted: z.output<typeof seedJobWritten>, retries = 2): JobOptions {
  const { id, priority, scheduled_at, max_attempts, unique_key, group_key } = posted
  return {
    id,
    priority,
    startAt: scheduled_at,
    maxRetryCount: max_attempts === undefined ? retries : max_attempts - 1,
    uniqueKey: unique_key,
    groupKey: group_key,
  }
}
