import { defineJob, type Job, JobError, SnoozeJob, TerminalJobError } from '@jq/core'
import { until } from '@jq/testing'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// P13: every outcome can be recorded. Whatever a handler throws or returns, its attempt ends, and nobody else's suffers.

const work = defineJob('work', {
  payload: z.object({ n: z.int() }),
  result: z.unknown(),
})

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let worker: JobWorker
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  await worker.stopThreads()
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

const stopped = (id: string): Promise<Job> =>
  until(
    'the job has stopped',
    async () => {
      const job = await universe.queue.getJob(id)
      return job?.stoppedAt ? job : null
    },
    { within: '30s' },
  )

const no = () => {
  throw new Error('no')
}
const cycle: Record<string, unknown> = {}
cycle.self = cycle
const deep = (levels: number) => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const causeCycle = () => {
  const error = new Error('its own cause')
  error.cause = error
  return error
}

/** Each of them fails its job, and no other. */
const thrown: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  'a text with NUL': () => 'a\0b',
  'a symbol': () => Symbol('s'),
  'a bigint': () => 10n,
  'a function': () => no,
  'an object without a prototype': () => Object.create(null),
  'an object that will be no text': () => ({ toString: no }),
  'a cycle': () => cycle,
  'a frozen object': () => Object.freeze({ message: 'cold' }),
  'a revoked proxy': revoked,
  'an error without a message': () => new Error(''),
  'an error with NUL and half a character': () => new Error('nul \0, half \ud800'),
  'an error whose message cannot be read': () => Object.defineProperty(new Error(), 'message', { get: no }),
  'an error whose name and stack cannot be read': () =>
    Object.defineProperties(new Error('x'), { name: { get: no }, stack: { get: no } }),
  'an error of 50 million characters': () => new Error('x'.repeat(5e7)),
  'an error that is its own cause': causeCycle,
  'an error of a thousand errors': () =>
    new AggregateError(Array.from({ length: 1_000 }, () => new Error('one'))),
  'data that are a cycle': () => new JobError('data', { data: cycle as never }),
  'data with NUL, for good': () => new TerminalJobError('data', { data: 'a\0b' }),
  'a proxy of an error that refuses every question': () =>
    new Proxy(new Error('x'), { get: no, getPrototypeOf: no, has: no, ownKeys: no }),
  'a snooze for longer than any date': () => Object.assign(new SnoozeJob(1), { delayMs: 1e300 }),
}
const returned: Record<string, () => unknown> = {
  'a bigint': () => 10n,
  'a cycle': () => cycle,
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  'a text with NUL': () => 'a\0b',
  'half a character': () => '\ud800',
  'a key with NUL': () => ({ 'a\0b': 1 }),
  'a symbol': () => Symbol('s'),
  'a function': () => no,
  'a date that is none': () => new Date(Number.NaN),
  'a list in a list, 100,000 deep': () => deep(100_000),
  'a toJSON that throws': () => ({ toJSON: no }),
  'a getter that throws': () => Object.defineProperty({}, 'a', { get: no, enumerable: true }),
  'a revoked proxy': revoked,
  'a map': () => new Map([[1, 2]]),
  'a list with a hole': () => new Array(3),
  bytes: () => Buffer.from('x'),
  '20 million characters': () => 'x'.repeat(2e7),
  'a promise that rejects with nothing': () => Promise.reject(),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  'a then that throws': () => ({ then: no }),
}
/** And these can be stored. */
const storable: Record<string, () => unknown> = {
  'minus zero': () => -0,
  null: () => null,
  'a frozen object': () => Object.freeze({ a: 1 }),
}

test('whatever a handler throws or returns is recorded', async () => {
  const throwing = Object.entries(thrown).map(([name, value]) => ({
    name: `throws ${name}`,
    act: () => {
      throw value()
    },
    state: 'failed',
  }))
  const returning = Object.entries(returned).map(([name, act]) => ({
    name: `returns ${name}`,
    act,
    state: 'failed',
  }))
  const storing = Object.entries(storable).map(([name, act]) => ({
    name: `returns ${name}`,
    act,
    state: 'succeeded',
  }))
  // Others stand between them, in the same claims and the same settles.
  const good = { name: 'is good', act: () => 'good', state: 'succeeded' }
  const cases = [...throwing, ...returning, ...storing].flatMap((bad) => [bad, good])
  worker = createWorker(universe.queue).register(work, ({ n }) => cases[n]?.act())
  await worker.startThreads(8)
  const added = await universe.queue.addMany(cases.map((_, n) => work.with({ n })))
  const ends = await Promise.all(added.map(({ id }) => stopped(id)))
  expect(ends.map(({ state }, n) => `${cases[n]?.name}: ${state}`)).toEqual(
    cases.map(({ name, state }) => `${name}: ${state}`),
  )
  for (const { attempt, state, errorMsg } of ends) {
    expect(attempt).toBe(1)
    if (state !== 'failed') continue
    expect(errorMsg).toBeTruthy()
    expect(errorMsg?.length).toBeLessThanOrEqual(16 * 1024)
  }
  expect(cases.length / 2).toBeGreaterThanOrEqual(30)
})

test('what the database itself will not store costs its own attempt, and those settled with it nothing', async () => {
  await universe.query(`
    create function worker.refuse() returns trigger language plpgsql as $$
    begin
      if new.result = '"13"' then raise exception 'no thirteen' using errcode = '22P05'; end if;
      return new;
    end $$;
    create trigger refuse before insert on worker.job_stopped for each row execute function worker.refuse()`)
  worker = createWorker(universe.queue).register(work, ({ n }) => String(n))
  await worker.startThreads(20)
  const added = await universe.queue.addMany(Array.from({ length: 20 }, (_, n) => work.with({ n })))
  const ends = await Promise.all(added.map(({ id }) => stopped(id)))
  expect(ends.map(({ state }) => state)).toEqual(ends.map((_, n) => (n === 13 ? 'failed' : 'succeeded')))
  expect(ends[13]?.errorMsg).toBe('The outcome of this attempt could not be stored')
})
