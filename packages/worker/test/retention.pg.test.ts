import type { JobState } from '@jq/core'
import type { AttemptKey, Outcome } from '@jq/core/internal'
import { createJobQueue, type JobQueueOptions } from '@jq/db'
import { until } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { postgresUniverse } from './postgres-universe.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const MINUTE = 60_000
const A_WHILE = 50 * MINUTE

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let hand: Hand
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  hand = await Hand.join(universe.queue)
})
afterEach(async () => {
  vi.restoreAllMocks()
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

const work = (count: number) => Array.from({ length: count }, () => ({ type: 'work', payload: {} }))
const ids = async () => (await universe.queue.getJobs({ limit: 1_000 })).jobs.map(({ id }) => id)
const succeeded = ({ seq, attempt }: AttemptKey): Outcome => ({
  seq,
  attempt,
  kind: 'succeeded',
  result: null,
})
const terminal = ({ seq, attempt }: AttemptKey): Outcome => ({
  seq,
  attempt,
  kind: 'terminal',
  error: { message: 'it went wrong', data: null },
})

/** Adds a job and brings it to its end, whatever was there before. */
async function ended(how: 'succeeded' | 'failed' | 'cancelled'): Promise<string> {
  const [added] = await universe.queue.addMany(work(1))
  const id = added?.id as string
  if (how === 'cancelled') await universe.queue.cancelJob(id)
  else await settle(how)
  return id
}

async function settle(how: 'succeeded' | 'failed'): Promise<void> {
  await hand.beat()
  await hand.settle((how === 'succeeded' ? succeeded : terminal)(await hand.claimOne()))
}

/** Clears up as a process does each minute, but to the end. */
async function clearUp(keeps: { succeeded: string; failed: string; orphaned?: string }): Promise<void> {
  await universe.query('select worker.keep()')
  while (await clearSome(keeps));
}

/** One batch. @returns whether more is left */
async function clearSome({ succeeded, failed, orphaned }: Parameters<typeof clearUp>[0]): Promise<boolean> {
  const values = [succeeded, failed, orphaned ?? null]
  const [row] = await universe.query('select * from worker.delete_outdated($1, $2, $3)', values)
  return row.more
}

/** What a worker's process does at its looks, a minute after it was made: of which the first clears up. */
async function lookAsOf(options: Partial<JobQueueOptions>, done: () => Promise<boolean>): Promise<void> {
  const queue = createJobQueue({ connectionString: universe.url, ...options })
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + MINUTE)
  const look = () => queue.work.look({ workerId: hand.id, types: [], reap: false, sleeping: false })
  await until('it is cleared up', async () => {
    await look()
    return done()
  })
  clock.mockRestore()
  await queue.close()
}

/** Jobs whose time is over. */
async function outdated(count: number): Promise<void> {
  await universe.queue.addMany(work(count))
  await hand.settle(...(await hand.claim(count)).map(succeeded))
  await universe.age(8 * DAY)
  await universe.query('update worker.sweep set seq = 0, rests_until = now()')
}

/** The looks of a process whose clock goes on by so many milliseconds each time it is asked: how many jobs each leaves. */
async function looksOf({ each }: { each: number }) {
  const queue = createJobQueue({ connectionString: universe.url })
  await queue.health() // which asks for the time as it likes
  let ms = performance.now() + MINUTE
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += each))
  return {
    left: async ({ later = 0, sleeping = false } = {}) => {
      ms += later
      await queue.work.look({ workerId: hand.id, types: [], reap: false, sleeping })
      return (await universe.query('select from worker.job')).length
    },
    end: async () => {
      clock.mockRestore()
      await queue.close()
    },
  }
}

const week = { succeeded: '7 days', failed: '30 days' }
const none = { succeeded: '0', failed: '0' }

describe('retention', () => {
  // S93
  test('deletes what succeeded after 7 days, and what failed, was cancelled or is dead after 30', async () => {
    const done = await ended('succeeded')
    const others = [await ended('failed'), await ended('cancelled')]
    await universe.age(7 * DAY - MINUTE)
    await clearUp(week)
    expect((await ids()).sort()).toEqual([done, ...others].sort())
    await universe.age(MINUTE)
    const waiting = await universe.queue.addMany(work(1))
    await lookAsOf({}, async () => (await ids()).length === 3)
    expect((await ids()).sort()).toEqual([...others, waiting[0]?.id].sort())
    await universe.age(23 * DAY)
    await lookAsOf({}, async () => (await ids()).length === 1)
    expect(await ids()).toEqual([waiting[0]?.id])
  })

  // S93
  test('is the one that the queue of the process was given', async () => {
    await ended('succeeded')
    const failed = await ended('failed')
    await universe.age(2 * HOUR)
    await lookAsOf(
      { retention: { succeeded: '1h', failed: '3h' } },
      async () => !(await ids()).includes(failed) || (await ids()).length === 1,
    )
    expect(await ids()).toEqual([failed])
    await universe.age(HOUR)
    await lookAsOf({ retention: { failed: '3h' } }, async () => (await ids()).length === 0)
  })

  test('of nothing keeps everything for a minute after its stop all the same, so that a repeated add is known', async () => {
    const id = await ended('succeeded')
    const { id: bundle } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(1) })
    await settle('succeeded')
    await universe.age(MINUTE - 5_000)
    await clearUp(none)
    expect(await universe.queue.addMany([{ type: 'work', payload: {}, id }])).toEqual([
      { id, status: 'duplicate' },
    ])
    expect(await ids()).toHaveLength(2)
    await universe.age(5_000)
    await clearUp(none)
    expect(await ids()).toEqual([])
    await expect(universe.queue.getBundleState(bundle)).rejects.toThrow('There is no bundle')
  })

  test('forgets all of a job: its attempts too', async () => {
    await ended('failed')
    await universe.age(31 * DAY)
    await clearUp(week)
    for (const table of ['job', 'job_stopped', 'job_attempt', 'job_key'])
      expect(await universe.query(`select from worker.${table}`)).toEqual([])
  })

  test('finds a job that stopped long after the jobs around it were swept', async () => {
    const slow = (await universe.queue.addMany(work(1)))[0]?.id
    const [held] = await hand.claim()
    await ended('succeeded')
    await universe.age(8 * DAY)
    await clearUp(week)
    expect(await ids()).toEqual([slow])
    await hand.beat()
    await hand.settle(succeeded(held as AttemptKey))
    await clearUp(week)
    expect(await ids()).toEqual([slow])
    await universe.age(8 * DAY)
    await clearUp(week)
    expect(await ids()).toEqual([])
  })

  test('deletes a batch or some within one look while work is done, and goes on at the next and not a minute later', async () => {
    await outdated(1_001)
    const looking = await looksOf({ each: 101 })
    expect([await looking.left(), await looking.left(), await looking.left()]).toEqual([501, 1, 0])
    await looking.end()
  })

  test('deletes for a second within one look where nothing runs, or where less was not enough for an hour', async () => {
    await outdated(1_501)
    const looking = await looksOf({ each: 101 })
    expect(await looking.left()).toBe(1_001)
    expect(await looking.left({ later: HOUR - MINUTE })).toBe(501)
    expect(await looking.left({ later: MINUTE })).toBe(0)
    await outdated(1_001)
    expect(await looking.left({ later: MINUTE })).toBe(501)
    expect(await looking.left({ sleeping: true })).toBe(0)
    await looking.end()
  })

  test('deletes at most five hundred jobs at a time, and says that more are left', async () => {
    await universe.queue.addMany(work(501))
    await hand.settle(...(await hand.claim(501)).map(succeeded))
    await universe.age(8 * DAY)
    expect(await clearSome(week)).toBe(true)
    expect(await ids()).toHaveLength(1)
    await clearUp(week)
    expect(await ids()).toEqual([])
  })
})

describe('retention deletes a bundle', () => {
  const counts = () =>
    universe.query('select num_jobs::int as jobs, stopped_at is not null as stopped from worker.job_bundle')

  test('as a whole, once it has stopped for as long as its outcome is kept', async () => {
    const { id: good } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(2) })
    await settle('succeeded')
    await settle('succeeded')
    const { id: bad } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(2) })
    await settle('succeeded')
    await settle('failed')
    await universe.age(8 * DAY)
    await clearUp(week)
    await expect(universe.queue.getBundleState(good)).rejects.toThrow('There is no bundle')
    expect((await universe.queue.getBundleState(bad)).bundle).toMatchObject({ numJobs: 2, numJobsFailed: 1 })
    expect(await ids()).toHaveLength(2)
    await universe.age(22 * DAY)
    await clearUp(week)
    expect(await ids()).toEqual([])
    expect(await counts()).toEqual([])
  })

  test('that never had a member', async () => {
    const { id } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: [], open: true })
    await universe.queue.sealBundle(id)
    expect((await universe.queue.getBundleState(id)).bundle.stoppedAt).not.toBeNull()
    await universe.age(8 * DAY)
    await clearUp(week)
    expect(await counts()).toEqual([])
  })

  test('not while a member is unfinished, nor while it is open', async () => {
    const open = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(1), open: true })
    await settle('succeeded')
    await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(2) })
    await settle('succeeded')
    await universe.age(100 * DAY)
    await clearUp(none)
    expect(await ids()).toHaveLength(3)
    expect((await universe.queue.getBundleState(open.id)).bundle.numJobs).toBe(1)
  })

  test('not while a job that its stop has added is unfinished', async () => {
    const whenStopped = [
      { type: 'work', payload: {} },
      { type: 'work', payload: {} },
    ]
    const { id } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(1), whenStopped })
    await settle('succeeded')
    await settle('succeeded')
    await universe.age(8 * DAY)
    await clearUp(week)
    expect((await universe.queue.getBundleState(id)).bundle.numJobs).toBe(1)
    await settle('succeeded')
    await universe.age(10 * MINUTE)
    await clearUp(week)
    expect(await counts()).toEqual([])
    expect(await ids()).toHaveLength(1) // whose own week is not over
  })

  test('of more than five hundred members bit by bit, its counts always true, although only its first member failed', async () => {
    await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(1_200) })
    await settle('failed')
    await hand.settle(...(await hand.claim(1_199)).map(succeeded))
    await universe.age(2 * DAY)
    const seen: unknown[] = []
    while (await clearSome({ succeeded: '7 days', failed: '1 day' })) {
      expect(await universe.broken()).toEqual([])
      seen.push(...(await counts()))
    }
    expect(seen).toMatchObject([
      { jobs: 700, stopped: true },
      { jobs: 200, stopped: true },
    ])
    expect(await counts()).toEqual([])
  })
})

describe('while somebody holds', () => {
  let other: pg.Client
  beforeEach(async () => {
    other = new pg.Client({ connectionString: universe.url })
    await other.connect()
    await other.query('begin')
  })
  afterEach(() => other.end())

  test('the clearing up, another process leaves it at that and does not wait', async () => {
    await ended('succeeded')
    await universe.age(8 * DAY)
    await other.query('select * from worker.delete_outdated($1, $2, null)', ['7 days', '30 days'])
    await universe.query('select worker.keep()')
    expect(await clearSome(week)).toBe(false)
    await other.query('commit')
    expect(await ids()).toEqual([])
  })

  test('a stopped job or a bundle, these stay and the others go; they go later', async () => {
    const held = await ended('succeeded')
    await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: work(1) })
    await settle('succeeded')
    await universe.queue.addBundle({ type: 'c', origin: 'o', jobs: work(2) })
    await settle('succeeded')
    await settle('succeeded')
    await ended('succeeded')
    await universe.age(8 * DAY)
    await other.query(
      `select from worker.job_stopped s join worker.job j using (seq) where j.id = '${held}' for update of s`,
    )
    await other.query("select from worker.job_bundle where type = 'b' for update")
    await other.query(`select from worker.job_stopped where seq = (
      select max(j.seq) from worker.job j join worker.job_bundle b on b.id = j.bundle_id and b.type = 'c') for update`)
    await clearUp(week)
    expect(await ids()).toHaveLength(4)
    await other.query('commit')
    await universe.age(10 * MINUTE)
    await clearUp(week)
    expect(await ids()).toEqual([])
  })
})

describe('an orphan time', () => {
  const aDay = { ...week, orphaned: '1 day' }
  const addNew = async (options: object = {}) =>
    (await universe.queue.addMany([{ type: 'new', payload: {}, ...options }]))[0]?.id as string
  const stateOf = async (id: string): Promise<JobState | undefined> =>
    (await universe.queue.getJob(id))?.state

  /** Lets so much time pass, a little less than an hour at a time, in which an old process, which knows only 'work', clears up. */
  async function passWithOldProcess(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= A_WHILE) {
      await universe.age(Math.min(left, A_WHILE))
      await hand.beat()
      await clearUp(aDay)
    }
  }

  // S94
  test('deletes what no process has known for so long, and neither what is younger nor what a process has known', async () => {
    const old = await addNew()
    const later = await addNew({ runAfter: '27h' })
    await passWithOldProcess(22 * HOUR)
    expect(await stateOf(old)).toBe('available')
    const young = await addNew()
    await passWithOldProcess(4 * HOUR)
    expect(await stateOf(old)).toBeUndefined()
    expect(await stateOf(young)).toBe('available')
    expect(await stateOf(later)).toBe('scheduled')
    const knows = await Hand.join(universe.queue, { types: ['new'] })
    await knows.leave()
    await passWithOldProcess(22 * HOUR)
    expect(await stateOf(young)).toBe('available')
    await hand.look()
    expect(await stateOf(later)).toBe('available')
    await passWithOldProcess(4 * HOUR)
    expect(await stateOf(young)).toBeUndefined()
    expect(await stateOf(later)).toBe('available')
  })

  // S94
  test('does not touch what a living process knows, however old, whoever looks', async () => {
    const known = (await universe.queue.addMany(work(1)))[0]?.id as string
    await passWithOldProcess(26 * HOUR)
    expect(await stateOf(known)).toBe('available')
  })

  // S94
  test('deletes schedules of such jobs, and neither those that were changed since then, nor paused ones, nor those of known types', async () => {
    const spec = (name: string, type = 'new') =>
      ({ name, job: { type, payload: {} }, every: '365d' }) as const
    for (const name of ['gone', 'again', 'paused']) await universe.queue.schedule(spec(name))
    await universe.queue.schedule(spec('known', 'work'))
    await universe.queue.schedule(spec('former', 'former'))
    await (await Hand.join(universe.queue, { types: ['former'] })).leave()
    await universe.queue.pauseSchedule('paused')
    await passWithOldProcess(22 * HOUR)
    expect((await universe.queue.getSchedules()).schedules).toHaveLength(5)
    await universe.queue.schedule(spec('again'))
    await passWithOldProcess(4 * HOUR)
    const left = (await universe.queue.getSchedules()).schedules.map(({ name }) => name)
    expect(left).toEqual(['again', 'known', 'paused'])
  })

  test('warns of the schedules that it has deleted', async () => {
    await universe.queue.schedule({ name: 'gone', job: { type: 'new', payload: {} }, every: '365d' })
    await universe.query(
      `update worker.keeping set kept_at = now(), unbroken_since = now() - interval '3 hours'`,
    )
    await universe.query(`update worker.schedule set updated_at = now() - interval '2 hours'`)
    const warnings: unknown[] = []
    const quiet = { debug: () => {}, info: () => {}, error: () => {} }
    const logger = { ...quiet, warn: (fields: object) => warnings.push(fields) }
    const isGone = async () => (await universe.queue.getSchedule('gone')) === null
    await lookAsOf({ logger, retention: { orphaned: '1h' } }, isGone)
    expect(warnings).toEqual([{ event: 'schedules.orphansDeleted', schedules: 1 }])
  })

  // S94
  test('begins anew when nobody has cleared up for more than an hour', async () => {
    const id = await addNew()
    await passWithOldProcess(17 * HOUR)
    await universe.age(HOUR + 1_000)
    await passWithOldProcess(17 * HOUR)
    expect(await stateOf(id)).toBe('available')
    await passWithOldProcess(8 * HOUR)
    expect(await stateOf(id)).toBeUndefined()
  })

  test('left out leaves all orphans where they are', async () => {
    const id = await addNew()
    for (let days = 0; days < 3; days++) {
      await universe.age(100 * DAY)
      await clearUp(none)
    }
    expect(await stateOf(id)).toBe('available')
  })

  test('counts the bundle of an orphan, frees its key, waits for nobody, and is warned of', async () => {
    const jobs = [
      { type: 'work', payload: {} },
      { type: 'new', payload: {}, uniqueKey: 'k' },
    ]
    const { id } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs })
    await settle('succeeded')
    await universe.query(
      "update worker.keeping set kept_at = now(), unbroken_since = now() - interval '3 hours'",
    )
    await universe.query("update worker.job set created_at = created_at - interval '2 hours'")
    const other = new pg.Client({ connectionString: universe.url })
    await other.connect()
    const hour = { ...week, orphaned: '1 hour' }
    for (const table of ['job_bundle', 'job_key']) {
      await other.query('begin')
      await other.query(`select from worker.${table} for update`)
      await clearUp(hour)
      expect(await ids()).toHaveLength(2)
      await other.query('commit')
    }
    await other.end()
    const warnings: unknown[] = []
    const logger = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (fields: object) => warnings.push(fields),
    }
    await lookAsOf({ logger, retention: { orphaned: '1h' } }, async () => (await ids()).length === 1)
    expect(warnings).toEqual([{ event: 'jobs.orphansDeleted', jobs: 1 }])
    expect((await universe.queue.getBundleState(id)).bundle).toMatchObject({ numJobs: 1, numJobsStopped: 1 })
    expect((await universe.queue.getBundleState(id)).bundle.stoppedAt).not.toBeNull()
    expect(await universe.query('select from worker.job_key')).toEqual([])
  })
})
