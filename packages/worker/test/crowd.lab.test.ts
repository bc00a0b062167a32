import type { JobBundleStoppedEvent } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { Crowd, drained } from './lab/crowd.ts'
import { crowdJob } from './lab/crowd-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

// Many real processes on one queue, and nothing goes wrong in any of them.

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let crowd: Crowd | undefined
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  crowd?.kill()
  await crowd?.finish()
  crowd = undefined
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

const gather: typeof Crowd.gather = async (...args) => {
  crowd = await Crowd.gather(...args)
  return crowd
}
// S33
test('ten thousand jobs are run once each by four processes of eight threads', {
  timeout: 300_000,
}, async () => {
  const four = await gather(universe.url, 4)
  const added = await universe.queue.addMany(Array.from({ length: 10_000 }, () => crowdJob.with({})))
  await four.work(8)
  await drained(universe)
  await four.finish()
  const began = four.all('began').map(({ jobId, attempt }) => `${jobId} ${attempt}`)
  expect(began.sort()).toEqual(added.map(({ id }) => `${id} 1`).sort())
  expect(await universe.queue.getStats()).toMatchObject({ succeeded: 10_000 })
})

// S20
test('a bundle that three processes end at the same time stops once, and each listener is told once', async () => {
  const three = await gather(universe.url, 3)
  await three.listen()
  const here: JobBundleStoppedEvent[][] = [[], []]
  const other = createJobQueue({ connectionString: universe.url })
  await universe.queue.addListener({ onJobBundleStopped: (event) => void here[0]?.push(event) })
  await other.addListener({ onJobBundleStopped: (event) => void here[1]?.push(event) })
  const jobs = Array.from({ length: 200 }, () => crowdJob.with({ ms: 5 }))
  const { id } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs })
  await three.work(8)
  const told = () => [...here.flat(), ...three.all('stopped')]
  await until('all five are told', () => told().length >= 5, { within: '30s' })
  // What comes after this second bundle's stop cannot be the first one's any more.
  const second = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: [crowdJob.with({})] })
  await until('they are told of the second', () => told().length >= 10, { within: '30s' })
  for (const bundleId of [id, second.id])
    expect(told().filter((event) => event.bundleId === bundleId)).toMatchObject(
      Array.from({ length: 5 }, () => ({ bundleId, epoch: 1, hasError: false })),
    )
  expect((await universe.queue.getBundleState(id)).bundle).toMatchObject({
    numJobs: 200,
    numJobsStopped: 200,
    epoch: 1,
  })
  expect(new Set(three.all('began').map(({ attempt }) => attempt))).toEqual(new Set([1]))
  await other.close()
})

describe('a worker whose clock is an hour off', () => {
  // S38
  test.for([3_600_000, -3_600_000])(
    '(%i ms) retries and beats by the clock of the database',
    async (clockShiftMs) => {
      const odd = await gather(universe.url, 1, { clockShiftMs })
      await odd.work(1)
      const { id } = await universe.queue.add(crowdJob, { fail: true, ms: 200 })
      await until('it runs', async () => (await universe.queue.getJob(id))?.state === 'running')
      const [beat] = await universe.query(
        `select abs(extract(epoch from clock_timestamp() - w.worker_alive_at)) < 60 as of_the_server from worker.worker w`,
      )
      expect(beat).toEqual({ of_the_server: true })
      await drained(universe)
      const [times] = await universe.query(
        `select s.started_at >= a.ended_at + interval '250 ms' as not_early, s.started_at < a.ended_at + interval '10 s' as not_late,
        abs(extract(epoch from clock_timestamp() - s.started_at)) < 60 as of_the_server
      from worker.job_stopped s join worker.job_attempt a using (seq)`,
      )
      expect(times).toEqual({ not_early: true, not_late: true, of_the_server: true })
      expect(await universe.queue.getJob(id)).toMatchObject({ state: 'succeeded', attempt: 2, crashCount: 0 })
    },
  )
})
