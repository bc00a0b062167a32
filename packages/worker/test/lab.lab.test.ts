import type { AddResult } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { startEmbeddedPostgres, until } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import { startTcpProxy } from '@jq/testing/lab'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { begun, countOf, hasty, type LabWorker, patient, startWorker } from './lab/lab.ts'
import { labJob } from './lab/lab-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

// Real processes, which are really killed, stopped and cut off. Bounds are the promises' own, with room for a slow machine.

const STOPS = inject('longForm') ? 100 : 5

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

const start: typeof startWorker = async (...args) => {
  const worker = await startWorker(...args)
  workers.push(worker)
  return worker
}

const add = async (does: string, options: object = {}) => {
  const [added] = await universe.queue.addMany([{ type: 'lab', payload: { does }, ...options }])
  return added?.id as string
}
const stateOf = async (id: string) => universe.queue.getJob(id)
const succeeded = (id: string) =>
  until(
    'the job has succeeded',
    async () => {
      const job = await stateOf(id)
      return job?.state === 'succeeded' ? job : null
    },
    { within: '30s' },
  )

describe('P8', () => {
  // S72
  test("a killed worker's job starts elsewhere within deadFor + reapInterval", async () => {
    const id = await add('wait')
    const victim = await start(universe.url)
    await begun(victim, id)
    const heir = await start(universe.url)
    const [before] = await universe.query('select clock_timestamp() as at')
    victim.process.signal('SIGKILL')
    await begun(heir, id)
    const [claim] = await universe.query(
      'select extract(epoch from r.started_at - $1::timestamptz) * 1000 as ms, r.attempt, r.crashes from worker.job_running r',
      [before.at],
    )
    // deadFor 1 s counted from the last beat, reapInterval 0.2 s, and as much again for a machine that is busy elsewhere.
    expect(Number(claim.ms)).toBeLessThan(2 * (1_000 + 200))
    expect(claim).toMatchObject({ attempt: 2, crashes: 1 })
    heir.process.send({ tell: 'let-go' })
    expect(await succeeded(id)).toMatchObject({
      attempt: 2,
      crashCount: 1,
      currentRetryCount: 0,
      workerId: heir.id,
    })
  })

  test('a process that is started later finds the jobs of the dead, of types it does not know too', async () => {
    const id = await add('wait')
    const victim = await start(universe.url)
    await begun(victim, id)
    victim.process.signal('SIGKILL')
    await victim.process.exited
    await until('another process that handles nothing frees it', async () => {
      const hand = await Hand.join(universe.queue, { types: ['something-else'] })
      await hand.look()
      return (await stateOf(id))?.state === 'available'
    })
    expect(await stateOf(id)).toMatchObject({ crashCount: 1, attempt: 1 })
  })
})

describe('P4', () => {
  test('a worker that is cut off from the database loses its attempt to another, and learns so when it is back', async () => {
    const proxy = await startTcpProxy(universe.url)
    const cutOff = await start(proxy.url(universe.url))
    const id = await add('wait')
    await begun(cutOff, id)
    proxy.refuse()
    proxy.cut()
    const heir = await start(universe.url)
    await begun(heir, id)
    heir.process.send({ tell: 'let-go' })
    await succeeded(id)
    cutOff.process.send({ tell: 'let-go' }) // its handler returns, and believes that it has succeeded
    await cutOff.process.waitFor('its handler has ended', ({ said }) => said === 'ended')
    await proxy.accept()
    await cutOff.process.waitFor(
      'it learns of its loss',
      (event) =>
        (event.said === 'aborted' && event.reason === 'attemptLost') ||
        (event.said === 'logged' && event.message.includes('was over')),
      { within: '30s' },
    )
    expect(await stateOf(id)).toMatchObject({ attempt: 2, workerId: heir.id, result: { attempt: 2 } })
    await proxy.close()
  })
})

describe('P9', () => {
  // S73 in part
  test('a blocked event loop does not lose its attempt', async () => {
    // Whichever of them has it is blocked for nearly twice its lease, and the other one reaps.
    const two = [
      await start(universe.url, { worker: patient }),
      await start(universe.url, { worker: patient }),
    ]
    const [added] = await universe.queue.addMany([{ type: 'lab', payload: { does: 'block', ms: 7_000 } }])
    const job = await succeeded(added?.id as string)
    expect(job).toMatchObject({ attempt: 1, crashCount: 0 })
    expect(two.map((worker) => countOf(worker, 'begun')).sort((a, b) => a - b)).toEqual([0, 1])
  })
})

describe('P1', () => {
  test('a job whose add resolved outlives an immediate stop of the server', async () => {
    const server = await startEmbeddedPostgres({ durable: true })
    try {
      await migrate({ connectionString: server.url })
      const queue = createJobQueue({ connectionString: server.url })
      const acknowledged: string[] = []
      const end = { does: 'end' } as const
      let unknown = 0
      let early = 0
      for (let crash = 0; crash < 3; crash++) {
        const adding = Array.from({ length: 8 }, async () => {
          for (let n = 0; n < 25; n++) {
            // They take different ways: what one call adds at a time goes together with what others add at that time.
            const adds = n % 2 === 0 ? queue.add(labJob, end) : queue.addMany([labJob.with(end)])
            const added = await adds.then(
              (answer) => [answer].flat()[0],
              () => undefined,
            )
            if (added === undefined) unknown++
            else {
              acknowledged.push(added.id)
              if ((await queue.getJob(added.id)) === null) early++
            }
          }
        })
        await until('some adds have resolved', () => acknowledged.length > crash * 60 + 20)
        await server.crash()
        await server.restart()
        await Promise.all(adding)
      }
      for (const id of acknowledged) expect(await queue.getJob(id)).not.toBeNull()
      expect(acknowledged.length + unknown).toBe(600)
      expect(early).toBe(0) // what is acknowledged is there, not on its way
      expect(unknown).toBe(0) // each call repeats itself until the server is back
      expect((await queue.getStats()).available).toBe(600)
      await queue.close()
    } finally {
      await server.stop()
    }
  })
})

describe('P10', () => {
  // S38
  test('a worker whose clock is a day off leaves the same history', async () => {
    const histories = []
    for (const clockShiftMs of [0, 86_400_000, -86_400_000]) {
      const worker = await start(universe.url, {
        clockShiftMs,
        threads: 2,
        worker: { pollInterval: '1h', reapInterval: '1h' }, // due times are waited for, not stumbled upon
      })
      const now = await add('end')
      const soon = await add('end', { runAfter: '1500ms' }) // when it sleeps, and looks no more by itself
      const again = await add('fail')
      await worker.process.shiftClock(-clockShiftMs) // and jumps to the other side while a due time is waited for
      const planned = await add('end', { startAt: new Date(Date.now() + 3_600_000) })
      const [one, two, three] = [await succeeded(now), await succeeded(soon), await succeeded(again)]
      const [times] = await universe.query(
        "select started_at >= j.start_at as not_early, started_at < j.start_at + interval '10 s' as not_late, stopped_at <= clock_timestamp() and started_at > clock_timestamp() - interval '1 minute' as of_the_server from worker.job_stopped s join worker.job j using (seq) where j.id = $1",
        [soon],
      )
      expect((await stateOf(planned))?.state).toBe('scheduled')
      histories.push({
        attempts: [one.attempt, two.attempt, three.attempt],
        crashes: [one.crashCount, two.crashCount, three.crashCount],
        ...times,
      })
      worker.process.send({ tell: 'finish' })
      await worker.process.exited
      await universe.queue.deleteJob(planned)
    }
    expect(histories).toEqual(
      Array.from({ length: 3 }, () => ({
        attempts: [1, 1, 2],
        crashes: [0, 0, 0],
        not_early: true,
        not_late: true,
        of_the_server: true,
      })),
    )
  })

  test('a worker whose clock is a day off neither robs the living nor spares the dead', async () => {
    const odd: LabWorker[] = []
    const held: string[] = []
    for (const clockShiftMs of [86_400_000, -86_400_000]) {
      const worker = await start(universe.url, { clockShiftMs, worker: patient })
      odd.push(worker)
      held.push(await add('wait'))
      await begun(worker, held.at(-1))
    }
    const right = await start(universe.url)
    const lost = await add('wait')
    await begun(right, lost)
    right.process.signal('SIGKILL')
    await until('an odd one frees the job of the dead', async () => (await stateOf(lost))?.crashCount === 1)
    for (const id of held)
      expect(await stateOf(id)).toMatchObject({ state: 'running', attempt: 1, crashCount: 0 })
  })
})

describe('P16', () => {
  test('behind a transaction pooler every job starts within pollInterval', async () => {
    const proxy = await startTcpProxy(universe.url)
    proxy.dropNotifications() // what LISTEN is worth there
    const worker = await start(proxy.url(universe.url), {
      worker: { pollInterval: '500ms', reapInterval: '1h' },
    })
    await universe.query('select pg_sleep(0)') // one round trip: the worker has fallen asleep by its own first poll
    for (let n = 0; n < 5; n++) {
      const id = await add('end')
      await succeeded(id)
      const [row] = await universe.query(
        'select extract(epoch from s.started_at - j.created_at) * 1000 as ms from worker.job_stopped s join worker.job j using (seq) where j.id = $1',
        [id],
      )
      expect(Number(row.ms)).toBeLessThan(2 * 500) // and as much again for a busy machine
    }
    const queue = createJobQueue({ connectionString: proxy.url(universe.url) })
    await queue.addListener({ onResync: () => undefined })
    expect(await queue.health()).toMatchObject({
      status: 'degraded',
      listen: 'degraded',
      reasons: [expect.stringContaining('transaction pooler')],
    })
    await queue.close()
    expect(countOf(worker, 'begun')).toBe(5)
    await proxy.close()
  })

  // S42
  test('a LISTEN connection that is terminated comes back, and jobs added meanwhile start', async () => {
    const worker = await start(universe.url, { worker: { pollInterval: '1h', reapInterval: '1h' } })
    for (let n = 0; n < 3; n++) {
      await universe.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'jobqueue listen' and datname = current_database()",
      )
      const id = await add('end')
      expect(await succeeded(id)).toMatchObject({ workerId: worker.id, attempt: 1 })
    }
    // Neither is one left over, nor is somebody deaf: what comes now is announced, and nothing else would find it for an hour.
    await until('one connection listens', async () => {
      const [backends] = await universe.query(
        "select count(*)::int as listening from pg_stat_activity where application_name = 'jobqueue listen' and datname = current_database()",
      )
      return backends.listening === 1
    })
    await until('it is trusted and the worker sleeps', async () => {
      const [sleepers] = await universe.query('select count(*)::int as asleep from worker.sleeper')
      return sleepers.asleep === 1
    })
    expect(await succeeded(await add('end'))).toMatchObject({ workerId: worker.id, attempt: 1 })
  })
})

describe('P17', () => {
  // S77, S78, S79
  test(`${STOPS === 100 ? 'a hundred' : 'five'} stops under load lose nothing and double nothing`, async () => {
    const added: AddResult[] = []
    const begunAttempts = new Set<string>()
    let doubled = 0
    for (let stop = 0; stop < STOPS; stop++) {
      // New work for each, so that there is always some to stop in, however fast the others were.
      const more = Array.from({ length: 100 }, () => ({ type: 'lab', payload: { does: 'turn' } }))
      added.push(...(await universe.queue.addMany(more)))
      const worker = await start(universe.url, { threads: 4 })
      await begun(worker)
      if (stop % 2 === 0)
        worker.process.signal('SIGTERM') // as a platform tells a process of a user
      else worker.process.send({ tell: 'finish' })
      expect(await worker.process.exited).toEqual({ code: 0, signal: null })
      for (const event of worker.process.events) {
        if (event.said !== 'begun') continue
        const attempt = `${event.jobId} ${event.attempt}`
        if (begunAttempts.has(attempt)) doubled++
        begunAttempts.add(attempt)
      }
      expect(await universe.queue.getStats()).toMatchObject({ running: 0 })
    }
    const last = await start(universe.url, { threads: 8 })
    await until(
      'the rest is done',
      async () => (await universe.queue.getStats()).succeeded === added.length,
      { within: '30s' },
    )
    for (const event of last.process.events)
      if (event.said === 'begun') begunAttempts.add(`${event.jobId} ${event.attempt}`)
    expect(doubled).toBe(0)
    for (const { id } of added)
      expect(await stateOf(id)).toMatchObject({ state: 'succeeded', crashCount: 0, currentRetryCount: 0 })
    const [runs] = await universe.query(
      "select count(*)::int as failed from worker.job_attempt where outcome not in ('r')",
    )
    expect(runs.failed).toBe(0)
    expect(begunAttempts.size).toBe(added.length) // each handler ran exactly once: what was released had not begun
  }, 1_800_000)

  test('a process that was told to finish ends by itself, also past its time', async () => {
    const id = await add('wait')
    const worker = await start(universe.url)
    await begun(worker, id)
    worker.process.send({ tell: 'finish', timeout: 10 })
    expect(await worker.process.exited).toEqual({ code: 0, signal: null })
    expect(await stateOf(id)).toMatchObject({
      state: 'available',
      crashCount: 0,
      currentRetryCount: 0,
      attempt: 1,
    })
    const [row] = await universe.query('select stopped_at is not null as stopped from worker.worker')
    expect(row.stopped).toBe(true)
  })
})

describe('P14', () => {
  // S20 with a kill; without one, and with listeners, it is in crowd.lab.test.ts
  test('a bundle that three processes work on, one of which is killed, stops once', async () => {
    const three = await Promise.all([1, 2, 3].map(() => start(universe.url, { threads: 8 })))
    const bundle = await universe.queue.addBundle({
      type: 'b',
      origin: 'o',
      jobs: Array.from({ length: 200 }, () => ({ type: 'lab', payload: { does: 'turn' } })),
      whenStopped: [{ type: 'lab', payload: { does: 'end' } }],
    })
    const victim = await Promise.any(three.map((worker) => begun(worker).then(() => worker)))
    victim.process.signal('SIGKILL')
    await until(
      'the bundle has stopped',
      async () => (await universe.queue.getBundleState(bundle.id)).bundle.stoppedAt !== null,
      { within: '30s' },
    )
    expect((await universe.queue.getBundleState(bundle.id)).bundle).toMatchObject({
      numJobs: 200,
      numJobsStopped: 200,
      numJobsFailed: 0,
      epoch: 1,
    })
    const followers = (await universe.queue.getJobs({ type: 'lab' })).jobs.filter(
      ({ afterBundleId }) => afterBundleId === bundle.id,
    )
    expect(followers).toHaveLength(1)
  })

  // P12
  test('a job that its process had only claimed ahead is not blamed for its death', async () => {
    const victim = await start(universe.url, { worker: { prefetch: 10 } })
    const running = await universe.queue.addMany([{ type: 'lab', payload: { does: 'wait' } }])
    await begun(victim)
    const waiting = await universe.queue.addMany(
      Array.from({ length: 10 }, () => ({ type: 'lab', payload: { does: 'end' } })),
    )
    await until('all are claimed', async () => (await universe.queue.getStats()).running === 11)
    victim.process.signal('SIGKILL')
    await victim.process.exited
    const heir = await start(universe.url)
    await begun(heir, running[0]?.id) // alone, since it may have been what killed it
    heir.process.send({ tell: 'let-go' })
    await until('all are done', async () => (await universe.queue.getStats()).succeeded === 11, {
      within: '20s',
    })
    for (const { id } of waiting) {
      expect(await stateOf(id)).toMatchObject({ state: 'succeeded', attempt: 2, crashCount: 0 })
      expect((await universe.queue.getAttempts(id)).map(({ outcome }) => outcome)).toEqual(['released'])
    }
    expect(await stateOf(running[0]?.id as string)).toMatchObject({ crashCount: 1 })
    const dead = (await universe.queue.getWorkers()).find(({ id }) => id === victim.id)
    expect(dead).toMatchObject({ running: 0, stats: { succeeded: 0 } })
    expect(dead?.stoppedAt).toBeInstanceOf(Date)
  })

  // S74
  test('a job that kills its process each time is dead in the end, and a bundle counts it', async () => {
    const bundle = await universe.queue.addBundle({
      type: 'b',
      origin: 'o',
      jobs: [
        { type: 'lab', payload: { does: 'die' } },
        { type: 'lab', payload: { does: 'end' } },
      ],
    })
    for (let crash = 0; crash < 3; crash++) {
      const victim = await start(universe.url, { threads: 1 }).catch(() => undefined)
      if (victim !== undefined) await victim.process.exited
      await until('its silence is noticed', async () => {
        const [row] = await universe.query(
          'select count(*)::int as silent from worker.worker where stopped_at is null and worker_alive_at < now() - dead_for',
        )
        return row.silent > 0
      })
    }
    const last = await start(universe.url, { worker: hasty })
    await until(
      'the bundle has stopped',
      async () => (await universe.queue.getBundleState(bundle.id)).bundle.stoppedAt !== null,
      { within: '20s' },
    )
    expect(await stateOf(bundle.jobs[0]?.id as string)).toMatchObject({
      state: 'dead',
      crashCount: 3,
      attempt: 3,
    })
    expect((await universe.queue.getBundleState(bundle.id)).bundle).toMatchObject({
      numJobsStopped: 2,
      numJobsFailed: 1,
      epoch: 1,
    })
    expect(countOf(last, 'ready')).toBe(1)
  })
})
