import type { BundleSpec, JobBundle } from '@jq/core'
import { z } from 'zod'
import { answer, done } from '../answer.ts'
import type { Api } from '../api.ts'
import { type Operation, operation } from '../operation.ts'
import { Problem } from '../problem.ts'
import { bundleAdded, bundleState, bundleWritten } from '../schemas/bundle.ts'
import { byId, page } from '../schemas/fields.ts'
import { added, jobPage, jobWritten } from '../schemas/job.ts'
import { pageAnswer } from './jobs.ts'

/** Jobs that belong together, and how far they are. */
export function bundleOperations({ jobqueue, jobs }: Api): Operation[] {
  return [
    operation({
      id: 'addBundle',
      method: 'POST',
      path: '/bundles',
      right: 'add',
      summary: 'Adds jobs that belong together, and what comes after them.',
      body: bundleWritten,
      answers: { 201: { description: 'The bundle and its jobs', schema: bundleAdded } },
      run: async ({ body: { jobs: members, whenStopped, ...asked } }) => {
        const spec: BundleSpec = { ...asked, jobs: await jobs.descsOf(members, 'jobs') }
        if (whenStopped !== undefined) spec.whenStopped = await jobs.descsOf(whenStopped, 'whenStopped')
        const bundle = await jobqueue.addBundle(spec)
        return answer(201, bundle, { location: `bundles/${bundle.id}` })
      },
    }),
    operation({
      id: 'getBundleState',
      method: 'GET',
      path: '/bundles/:id',
      right: 'read',
      summary: 'How far it is.',
      params: byId,
      answers: { 200: { description: 'Its state', schema: bundleState } },
      run: async ({ params: { id } }) => stateAnswer(id),
    }),
    operation({
      id: 'getBundleJobs',
      method: 'GET',
      path: '/bundles/:id/jobs',
      right: 'read',
      summary: 'Its members, in the order of adding.',
      params: byId,
      query: z.strictObject(page),
      answers: { 200: { description: 'A page of jobs', schema: jobPage } },
      run: async ({ params: { id }, query, request }) => {
        await jobqueue.getBundleState(id)
        return pageAnswer(await jobqueue.getJobs({ bundleId: id, ...query }), request)
      },
    }),
    operation({
      id: 'addToBundle',
      method: 'POST',
      path: '/bundles/:id/jobs',
      right: 'add',
      summary: 'Adds members to a bundle that is open.',
      params: byId,
      body: z.strictObject({ jobs: z.array(jobWritten) }),
      answers: {
        201: { description: 'In the order of the request', schema: z.object({ jobs: z.array(added) }) },
      },
      run: async ({ params: { id }, body }) =>
        answer(201, { jobs: await jobqueue.addToBundle(id, await jobs.descsOf(body.jobs, 'jobs')) }),
    }),
    operation({
      id: 'sealBundle',
      method: 'POST',
      path: '/bundles/:id/seal',
      right: 'add',
      summary: 'No member comes any more: it stops once all have stopped.',
      params: byId,
      answers: { 200: { description: 'Its state', schema: bundleState } },
      run: async ({ params: { id } }) => {
        await jobqueue.sealBundle(id)
        return stateAnswer(id)
      },
    }),
    operation({
      id: 'cancelBundle',
      method: 'POST',
      path: '/bundles/:id/cancel',
      right: 'act',
      summary: 'Cancels the members that have not stopped.',
      params: byId,
      answers: {
        200: {
          description: 'How many were cancelled, and how many that run were asked to stop',
          schema: z.object({ cancelled: z.int(), requested: z.int() }),
        },
      },
      run: async ({ params: { id } }) => {
        const outcome = await jobqueue.cancelJobBundle(id)
        if (outcome === null) throw noBundle(id)
        return answer(200, outcome)
      },
    }),
    operation({
      id: 'deleteBundle',
      method: 'DELETE',
      path: '/bundles/:id',
      right: 'delete',
      summary: 'Deletes a bundle and its jobs.',
      params: byId,
      answers: { 204: { description: 'It is gone' } },
      run: async ({ params: { id } }) => {
        if (!(await jobqueue.deleteJobBundle(id))) throw noBundle(id)
        return done()
      },
    }),
  ]

  async function stateAnswer(id: string): Promise<Response> {
    const { bundle } = await jobqueue.getBundleState(id)
    return answer(200, stateOf(bundle))
  }
}

function stateOf(bundle: Omit<JobBundle, 'jobs'>) {
  const { numJobs, numJobsStopped, stoppedAt } = bundle
  const isStopped = stoppedAt !== null
  const progress = numJobs === 0 ? Number(isStopped) : numJobsStopped / numJobs
  return { ...bundle, progress, isStopped }
}

function noBundle(id: string): Problem {
  return new Problem(404, 'not_found', `There is no bundle ${id}. It was deleted, or never was.`)
}
