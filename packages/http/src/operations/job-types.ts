import { z } from 'zod'
import { answer, done } from '../answer.ts'
import type { Api } from '../api.ts'
import { type Operation, operation } from '../operation.ts'
import { Problem } from '../problem.ts'
import { byType, jobType, limitWritten } from '../schemas/observation.ts'
import { byName } from '../schemas/schedule.ts'

/** Kinds of jobs: how they fare, what they may do at most, and whether they rest. */
export function typeOperations({ jobqueue }: Api): Operation[] {
  const acted = (verb: 'pause' | 'resume', summary: string) =>
    operation({
      id: `${verb}Type`,
      method: 'POST',
      path: `/types/:type/${verb}`,
      right: 'admin',
      summary,
      params: byType,
      answers: { 204: { description: 'Done' } },
      run: async ({ params: { type } }) => {
        await jobqueue[verb](type)
        return done()
      },
    })
  return [
    operation({
      id: 'getTypes',
      method: 'GET',
      path: '/types',
      right: 'read',
      summary: 'What waits and runs, type by type, and whether a living worker handles it.',
      answers: { 200: { description: 'The types', schema: z.object({ types: z.array(jobType) }) } },
      run: async () => answer(200, { types: await jobqueue.getTypes() }),
    }),
    acted('pause', 'No process claims jobs of this type until it is resumed; what runs goes on.'),
    acted('resume', 'Jobs of this type are claimed again.'),
    operation({
      id: 'setLimit',
      method: 'PUT',
      path: '/types/:type/limit',
      right: 'admin',
      summary: 'What the jobs of a type may do at most, over all processes.',
      params: byType,
      body: limitWritten,
      answers: { 204: { description: 'It holds from the next claim on' } },
      run: async ({ params: { type }, body }) => {
        await jobqueue.setLimit(type, body)
        return done()
      },
    }),
    operation({
      id: 'removeLimit',
      method: 'DELETE',
      path: '/types/:type/limit',
      right: 'admin',
      summary: 'Takes the limit of a type away.',
      params: byType,
      answers: { 204: { description: 'It has none' } },
      run: async ({ params: { type } }) => {
        await jobqueue.setLimit(type, null)
        return done()
      },
    }),
    operation({
      id: 'forgetListener',
      method: 'DELETE',
      path: '/listeners/:name',
      right: 'admin',
      summary: 'Ends a named listener: its events wait no longer.',
      params: byName,
      answers: { 204: { description: 'It is forgotten' } },
      run: async ({ params: { name } }) => {
        if (!(await jobqueue.forgetListener(name)))
          throw new Problem(404, 'not_found', `There is no listener ${JSON.stringify(name)}.`)
        return done()
      },
    }),
  ]
}
