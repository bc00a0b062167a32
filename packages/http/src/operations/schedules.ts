import type { ScheduleSpec } from '@jq/core'
import { z } from 'zod'
import { answer, done } from '../answer.ts'
import type { Api } from '../api.ts'
import { type Operation, operation } from '../operation.ts'
import { Problem } from '../problem.ts'
import {
  byName,
  keyQuery,
  schedule,
  schedulePage,
  scheduleQuery,
  schedulesWritten,
  scheduleWritten,
} from '../schemas/schedule.ts'

/** Jobs by the clock. A schedule's name stands in the path, its key, where it has one, in the query. */
export function scheduleOperations({ jobqueue, jobs }: Api): Operation[] {
  return [
    operation({
      id: 'getSchedules',
      method: 'GET',
      path: '/schedules',
      right: 'read',
      summary: 'By name and key.',
      query: scheduleQuery,
      answers: { 200: { description: 'A page of schedules', schema: schedulePage } },
      run: async ({ query, request }) => {
        const found = await jobqueue.getSchedules(query)
        return answer(200, found, { next: found.next, request })
      },
    }),
    operation({
      id: 'syncSchedules',
      method: 'POST',
      path: '/schedules/sync',
      right: 'admin',
      summary: "Makes an owner's schedules exactly these: for deployments.",
      body: schedulesWritten,
      answers: {
        200: {
          description: 'What came of it',
          schema: z.object({ added: z.int(), changed: z.int(), removed: z.int() }),
        },
      },
      run: async ({ body: { owner, schedules } }) => {
        const specs = schedules.map((asked, place) => withDesc(asked, `schedules[${place}].job`))
        return answer(200, await jobqueue.syncSchedules(owner, await Promise.all(specs)))
      },
    }),
    operation({
      id: 'getSchedule',
      method: 'GET',
      path: '/schedules/:name',
      right: 'read',
      summary: 'One schedule.',
      params: byName,
      query: keyQuery,
      answers: { 200: { description: 'The schedule', schema: schedule } },
      run: async ({ params: { name }, query: { key } }) => {
        const found = await jobqueue.getSchedule(name, key)
        if (found === null) throw noSchedule(name)
        return answer(200, found)
      },
    }),
    operation({
      id: 'putSchedule',
      method: 'PUT',
      path: '/schedules/:name',
      right: 'add',
      summary: 'Adds a schedule, or replaces the one of this name and key.',
      params: byName,
      query: keyQuery,
      body: scheduleWritten,
      answers: { 200: { description: 'The schedule', schema: schedule } },
      run: async ({ params: { name }, query: { key }, body }) =>
        answer(200, await jobqueue.schedule({ name, key, ...(await withDesc(body, 'job')) })),
    }),
    operation({
      id: 'cancelSchedule',
      method: 'POST',
      path: '/schedules/:name/cancel',
      right: 'act',
      summary: 'Ends the unfinished job of its last tick; the schedule goes on.',
      params: byName,
      query: keyQuery,
      answers: {
        200: {
          description: 'What came of it',
          schema: z.object({ outcome: z.enum(['cancelled', 'requested', 'notRunning']) }),
        },
      },
      run: async ({ params: { name }, query: { key } }) => {
        const outcome = await jobqueue.cancelSchedule(name, key)
        if (outcome === 'notFound') throw noSchedule(name)
        return answer(200, { outcome })
      },
    }),
    acted('pause', 'act', 'No tick until it is resumed.', (name, key) => jobqueue.pauseSchedule(name, key)),
    acted('resume', 'act', 'It goes on. What fell into the pause is not made up for.', (name, key) =>
      jobqueue.resumeSchedule(name, key),
    ),
    acted('unschedule', 'delete', 'Ends the schedule; a job that it has added goes on.', (name, key) =>
      jobqueue.unschedule(name, key),
    ),
  ]

  async function withDesc<S extends { job: Parameters<typeof jobs.descOf>[0] }>(asked: S, path: string) {
    return { ...asked, job: await jobs.descOf(asked.job, path) } satisfies Omit<ScheduleSpec, 'name'>
  }
}

function acted(
  verb: 'pause' | 'resume' | 'unschedule',
  right: 'act' | 'delete',
  summary: string,
  act: (name: string, key: string | undefined) => Promise<boolean>,
): Operation {
  const isEnd = verb === 'unschedule'
  return operation({
    id: isEnd ? verb : `${verb}Schedule`,
    method: isEnd ? 'DELETE' : 'POST',
    path: isEnd ? '/schedules/:name' : `/schedules/:name/${verb}`,
    right,
    summary,
    params: byName,
    query: keyQuery,
    answers: { 204: { description: 'Done' } },
    run: async ({ params: { name }, query: { key } }) => {
      if (!(await act(name, key))) throw noSchedule(name)
      return done()
    },
  })
}

function noSchedule(name: string): Problem {
  return new Problem(404, 'not_found', `There is no schedule ${JSON.stringify(name)} of this key.`)
}
