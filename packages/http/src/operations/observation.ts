import { z } from 'zod'
import { answer } from '../answer.ts'
import type { Api } from '../api.ts'
import { type Operation, operation } from '../operation.ts'
import { health, stats, status, worker } from '../schemas/observation.ts'

/** The whole at a glance. */
export function observationOperations({ jobqueue }: Api): Operation[] {
  return [
    operation({
      id: 'getWorkers',
      method: 'GET',
      path: '/workers',
      right: 'read',
      summary: 'The processes that work, newest first, and those that stopped within a day.',
      answers: { 200: { description: 'The processes', schema: z.object({ workers: z.array(worker) }) } },
      run: async () => answer(200, { workers: await jobqueue.getWorkers() }),
    }),
    operation({
      id: 'readStats',
      method: 'GET',
      path: '/stats',
      right: 'read',
      summary: 'How many jobs are in each of the eight states.',
      answers: { 200: { description: 'The counts', schema: stats } },
      run: async () => answer(200, await jobqueue.getStats()),
    }),
    operation({
      id: 'getStatus',
      method: 'GET',
      path: '/status',
      right: 'read',
      summary: 'How many jobs and bundles there are.',
      answers: { 200: { description: 'The two counts', schema: status } },
      run: async () => answer(200, await jobqueue.getStatus()),
    }),
    operation({
      id: 'readHealth',
      method: 'GET',
      path: '/health',
      right: 'read',
      summary: 'Is the database reachable, how old is the oldest waiting job, and what is amiss.',
      answers: { 200: { description: 'How it is', schema: health } },
      run: async () => answer(200, await jobqueue.health()),
    }),
  ]
}
