import { createJobQueue } from '@jq/db'
import { seededRandom, testSeed, until } from '@jq/testing'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { Crew } from './lab/crew.ts'
import { begun, hasty, type LabWorker, startWorker } from './lab/lab.ts'
import { labJob } from './lab/lab-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let dismiss: () => Promise<unknown> = async () => undefined
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  await dismiss()
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

// P19
test('a limit holds while workers die', async () => {
  const seed = testSeed(inject('seed'))
  console.info(`limits while workers die: seed ${seed}`)
  const random = seededRandom(seed)
  const { queue } = universe
  await queue.setLimit(labJob, { concurrency: 2, perGroup: true })
  // Counted by the database at each claim, and not by a look now and then.
  await universe.query(`
    create table public.peak (group_key text, running bigint);
    create function public.note_peak() returns trigger language plpgsql as $$
    begin
      insert into public.peak
      select coalesce(j.group_key, ''), count(*) from worker.job_running r join worker.job j using (seq) group by 1;
      return null;
    end $$;
    create trigger note_peak after insert on worker.job_running for each statement execute function public.note_peak()`)
  const crew = await Crew.of(3, () => startWorker(universe.url, { worker: hasty, threads: 6 }))
  dismiss = () => crew.dismiss()
  const jobs = Array.from({ length: 120 }, (_, n) =>
    labJob.with({ does: 'last', ms: 20 }, { groupKey: ['a', 'b'][n % 3] }),
  )
  await queue.addMany(jobs)
  for (let deaths = 1; deaths <= 3; deaths++) {
    const goal = 20 * deaths
    await until('some have run', async () => (await queue.getStats()).succeeded >= goal, { within: '1m' })
    random.pick(crew.members).process.signal('SIGKILL')
    await until('it is replaced', () => crew.deaths >= deaths && crew.members.length === 3, { within: '1m' })
  }
  await until('all have run', async () => (await queue.getStats()).succeeded === 120, { within: '1m' })
  const peaks = await universe.query(
    'select group_key, max(running)::int as most from public.peak group by 1 order by 1',
  )
  expect(peaks).toEqual(['', 'a', 'b'].map((key) => ({ group_key: key, most: 2 })))
}, 180_000)

async function waiting(options: {
  wake: 'notify' | 'poll'
  heartbeatInterval: '1s' | '1h'
}): Promise<{ worker: LabWorker; id: string }> {
  const { wake, heartbeatInterval } = options
  const worker = await startWorker(universe.url, {
    queue: { wake },
    worker: { ...hasty, heartbeatInterval, deadFor: '3h', reapInterval: '1h' },
  })
  dismiss = () => worker.process.kill()
  const { id } = await universe.queue.add(labJob, { does: 'wait' })
  await begun(worker, id)
  return { worker, id }
}

/** Asks from another process's place: over a queue of its own. */
async function cancelFromElsewhere(id: string): Promise<number> {
  const elsewhere = createJobQueue({ connectionString: universe.url })
  const asked = performance.now()
  expect(await elsewhere.cancelJob(id)).toBe('requested')
  await elsewhere.close()
  return asked
}

// S88
test('a cancel reaches the signal of a running handler within 1 s, from any node', async () => {
  const { worker, id } = await waiting({ wake: 'notify', heartbeatInterval: '1h' })
  const asked = await cancelFromElsewhere(id)
  const aborted = await worker.process.waitFor('it is aborted', ({ said }) => said === 'aborted')
  expect(performance.now() - asked).toBeLessThan(1_000)
  expect(aborted).toMatchObject({ jobId: id, reason: 'cancelled' })
}, 60_000)

// S88
test('without notifications a cancel comes with the next heartbeat, and never to the next run', async () => {
  const { worker, id } = await waiting({ wake: 'poll', heartbeatInterval: '1s' })
  await cancelFromElsewhere(id)
  await worker.process.waitFor('it is aborted', ({ said }) => said === 'aborted', { within: '5s' })
  await until('it is cancelled', async () => (await universe.queue.getJob(id))?.state === 'cancelled')
  expect(await universe.queue.resetJob(id)).toBe(true)
  await worker.process.waitFor(
    'its next run begins',
    (event) => event.said === 'begun' && event.jobId === id && event.attempt === 2,
  )
  worker.process.send({ tell: 'let-go' })
  const done = await until('it has run', async () => {
    const job = await universe.queue.getJob(id)
    return job?.stoppedAt ? job : null
  })
  expect(done).toMatchObject({ state: 'succeeded', attempt: 2, cancelRequestedAt: null })
  expect(worker.process.events.filter(({ said }) => said === 'aborted')).toHaveLength(1)
}, 60_000)
