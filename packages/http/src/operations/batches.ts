import { type Job, type JobFilter, type JobQueue, JobQueueError } from '@jq/core'
import { z } from 'zod'
import { answer, done } from '../answer.ts'
import type { Api } from '../api.ts'
import { type Operation, operation } from '../operation.ts'
import type { Right } from '../right.ts'
import { batch, batchAnswer, deleted, deletion, resetBatch } from '../schemas/bulk.ts'

/** Many jobs at one call: so many as are named, or a page of a filter, so that no call takes for ever. */
export function batchOperations({ jobqueue }: Api): Operation[] {
  const batched = <B extends z.ZodType<Which>>(
    { id, right, summary, body }: { id: string; right: Right; summary: string; body: B },
    act: (job: string, asked: z.output<B>) => Promise<Outcome>,
  ) =>
    operation({
      id: `${id}Jobs`,
      method: 'POST',
      path: `/jobs/${id}`,
      right,
      summary: `${summary} \`more\` tells whether there are others behind this batch; call again with \`after\` as \`next\` says.`,
      body,
      answers: { 200: { description: 'How many, which not and why', schema: batchAnswer } },
      run: async ({ body: asked }) => {
        const { ids, next } = await idsOf(jobqueue, asked)
        const outcomes = await inTurn(ids, (job) => act(job, asked))
        return answer(200, { ...counted(ids, outcomes), more: next !== null, next })
      },
    })

  return [
    batched(
      {
        id: 'cancel',
        right: 'act',
        summary: 'Cancels a batch of jobs; running ones are asked to stop.',
        body: batch,
      },
      async (job) => jobqueue.cancelJob(job),
    ),
    batched(
      {
        id: 'reset',
        right: 'act',
        summary: 'Makes a batch of jobs as new; running ones stay unless told otherwise.',
        body: resetBatch,
      },
      async (job, { ifRunning }) => ((await jobqueue.resetJob(job, { ifRunning })) ? 'reset' : 'notReset'),
    ),
    batched(
      {
        id: 'delete',
        right: 'delete',
        summary: 'Deletes a batch of jobs, whatever state they are in.',
        body: batch,
      },
      async (job) => ((await jobqueue.deleteJob(job)) ? 'deleted' : 'notFound'),
    ),
    operation({
      id: 'delete',
      method: 'POST',
      path: '/deletions',
      right: 'delete',
      summary: 'Deletes all of a kind: succeeded standalone jobs, or what has one origin or type.',
      body: deletion,
      answers: { 200: { description: 'How many are gone', schema: deleted } },
      run: async ({ body }) => answer(200, { deleted: await deleteAll(jobqueue, body) }),
    }),
    operation({
      id: 'deleteEverything',
      method: 'POST',
      path: '/deletions/everything',
      right: 'admin',
      summary: 'Deletes all jobs and bundles. The body says so in words.',
      body: z.strictObject({ confirm: z.literal('delete all jobs and bundles') }),
      answers: { 204: { description: 'They are gone' } },
      run: async () => {
        await jobqueue.deleteAllJobsAndBundles()
        return done()
      },
    }),
  ]
}

type Outcome =
  | 'cancelled'
  | 'requested'
  | 'reset'
  | 'deleted'
  | 'alreadyStopped'
  | 'notReset'
  | 'notFound'
  | (string & {})

interface Which {
  readonly ids?: readonly string[] | undefined
  readonly filter?: JobFilter | undefined
  readonly limit?: number | undefined
  readonly after?: string | undefined
}

async function idsOf(
  jobqueue: JobQueue,
  { ids, filter, limit, after }: Which,
): Promise<{ ids: readonly string[]; next: string | null }> {
  if (ids !== undefined) return { ids, next: null }
  const { jobs, next } = await jobqueue.getJobs({ ...filter, limit, after })
  return { ids: jobs.map(({ id }: Job) => id), next }
}

/** A few at a time: a batch leaves room for others in the pool. */
async function inTurn(ids: readonly string[], act: (id: string) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = ids.entries()
  const lane = async () => {
    for (const [place, id] of waiting) outcomes[place] = await outcomeOf(() => act(id))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return outcomes
}

const AT_ONCE = 4

/** What one job refuses is said of it, and holds up no other. */
async function outcomeOf(act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof JobQueueError && error.code === 'job_running') return 'running'
    throw error
  }
}

function counted(ids: readonly string[], outcomes: readonly Outcome[]) {
  const of = (...wanted: Outcome[]) => outcomes.filter((outcome) => wanted.includes(outcome)).length
  const isDone = ['cancelled', 'reset', 'deleted', 'requested']
  return {
    matched: ids.length,
    done: of('cancelled', 'reset', 'deleted'),
    requested: of('requested'),
    skipped: outcomes.flatMap((reason, place) =>
      isDone.includes(reason) ? [] : [{ id: ids[place], reason }],
    ),
  }
}

function deleteAll(jobqueue: JobQueue, asked: z.output<typeof deletion>): Promise<number> {
  switch (asked.what) {
    case 'finishedJobs':
      return jobqueue.deleteFinishedJobs({ olderThan: asked.olderThan })
    case 'jobsFromOrigin':
      return jobqueue.deleteJobsFromOrigin(asked.origin)
    case 'jobsOfType':
      return jobqueue.deleteJobsOfType(asked.type)
    case 'jobBundlesFromOrigin':
      return jobqueue.deleteJobBundlesFromOrigin(asked.origin)
    case 'jobBundlesOfType':
      return jobqueue.deleteJobBundlesOfType(asked.type)
  }
}
