import type { Job, Schedule, ScheduleSpec } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { begun, countOf, hasty, type LabWorker, startWorker } from './lab/lab.ts'
import { labJob } from './lab/lab-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let workers: LabWorker[] = []
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  for (const { process } of workers) process.signal('SIGKILL')
  await Promise.all(workers.map(({ process }) => process.exited))
  workers = []
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

async function startThree(): Promise<void> {
  workers = await Promise.all([1, 2, 3].map(() => startWorker(universe.url, { worker: hasty, threads: 4 })))
}

async function allJobs(): Promise<readonly Job[]> {
  return (await universe.queue.getJobs({ scheduleName: 'often', limit: 1_000 })).jobs.toReversed()
}

function succeeded(count: number): Promise<Schedule> {
  return until(
    `${count} runs have succeeded`,
    async () => {
      const schedule = await universe.queue.getSchedule('often')
      return schedule !== null && schedule.successCount >= count ? schedule : null
    },
    { within: '1m' },
  )
}

// S83, P18
test('three processes, of which one is killed midway, give sixty ticks sixty jobs', async () => {
  await startThree()
  const every = 100
  await universe.queue.schedule({
    ...{ name: 'often', job: labJob.with({ does: 'turn' }), every, misfire: 'all' },
    ...{ noOverlap: false, limit: 60 },
  })
  await succeeded(20)
  const [victim] = workers as [LabWorker]
  victim.process.signal('SIGKILL')
  expect(await succeeded(60)).toMatchObject({ nextRunAt: null, successCount: 60 })
  const jobs = await allJobs()
  expect(jobs.map(({ state }) => state)).toEqual(Array.from({ length: 60 }, () => 'succeeded'))
  const first = jobs[0]?.startAt?.getTime() as number
  expect(jobs.map(({ startAt }) => (startAt?.getTime() as number) - first)).toEqual(
    Array.from({ length: 60 }, (_, place) => place * every),
  )
  // Each of the two that live has had its part, and what the third one had was run again.
  const begins = workers.map((worker) => countOf(worker, 'begun'))
  expect(Math.min(...begins)).toBeGreaterThan(0)
}, 120_000)

// S98
test('five callers of one schedule, and three processes that run it, make as many runs as its limit says', async () => {
  await startThree()
  const spec: ScheduleSpec = { name: 'often', job: labJob.with({ does: 'turn' }), every: 50, limit: 2 }
  const queues = Array.from({ length: 5 }, () => createJobQueue({ connectionString: universe.url }))
  for (let round = 0; round < 3; round++) await Promise.all(queues.map((queue) => queue.schedule(spec)))
  await succeeded(2)
  await Promise.all(queues.map((queue) => queue.schedule(spec)))
  await Promise.all(queues.map((queue) => queue.close()))
  expect(await universe.queue.getSchedule('often')).toMatchObject({ nextRunAt: null, successCount: 2 })
  expect(await allJobs()).toHaveLength(2)
  expect(workers.reduce((all, worker) => all + countOf(worker, 'begun'), 0)).toBe(2)
}, 120_000)

// S88
test('a run is cancelled from another process within 1 s, and its schedule goes on', async () => {
  workers = [await startWorker(universe.url, { worker: { heartbeatInterval: '1h', deadFor: '3h' } })]
  const [worker] = workers as [LabWorker]
  await universe.queue.schedule({
    ...{ name: 'often', job: labJob.with({ does: 'wait' }), every: '200ms', misfire: 'skip' },
  })
  await begun(worker)
  const asked = performance.now()
  expect(await universe.queue.cancelSchedule('often')).toBe('requested')
  const aborted = await worker.process.waitFor('it is aborted', ({ said }) => said === 'aborted')
  expect(performance.now() - asked).toBeLessThan(1_000)
  expect(aborted).toMatchObject({ reason: 'cancelled' })
  const { jobId } = aborted as { jobId: string }
  await until('the next tick has a job', async () => (await allJobs()).length > 1)
  expect(await universe.queue.getJob(jobId)).toMatchObject({ state: 'cancelled', scheduleName: 'often' })
  await universe.queue.unschedule('often')
}, 120_000)
