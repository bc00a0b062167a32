import { fixedDelay, type Job, type Logger } from '@jq/core'
import { createMemoryJobQueue, until, withSynchronousJobs } from '@jq/testing'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  createWorker,
  IsolatedHandlerError,
  type IsolatedHandlerOptions,
  type WorkerOptions,
} from '../src/index.ts'
import { isolatedJob } from './isolated/isolated-job.ts'

const act = new URL('isolated/act.ts', import.meta.url)
const env = { NODE_OPTIONS: '--conditions=@jq/source' }
type Does = Parameters<typeof isolatedJob.with>[0]['does']

describe.each(['thread', 'process'] as const)('in a %s', (where) => {
  function started(options: IsolatedHandlerOptions = {}, workerOptions: WorkerOptions = {}, file = act) {
    const queue = createMemoryJobQueue()
    const worker = createWorker(queue, { heartbeatInterval: '20ms', ...workerOptions })
    worker.registerIsolated(isolatedJob, file, { in: where, env, ...options })
    onTestFinished(() => worker.stopThreads())
    const add = async (does: Does, more: object = {}) => (await queue.add(isolatedJob, { does, ...more })).id
    let starting: Promise<void> | undefined
    /** As far as it goes without waiting. */
    const run = async (does: Does, more: object = {}) => {
      const id = await add(does, more)
      starting ??= worker.startThreads(1)
      await starting
      return until('it ran', async () => {
        const job = (await queue.getJob(id)) as Job<any, any>
        return job.attempt > 0 && job.state !== 'running' && job.state !== 'available' ? job : null
      })
    }
    return { queue, worker, add, run }
  }

  test('a handler gets its payload parsed, its job and its fence, and its result is kept', async () => {
    const { run } = started()
    const { result, ...job } = await run('return', { at: '2026-01-01T00:00:00Z' })
    expect(job).toMatchObject({ state: 'succeeded', errorMsg: null })
    expect(result).toMatchObject({ id: job.id, at: true, attempt: 1, payload: 'return' })
    expect([result.pid !== process.pid, result.isMainThread]).toEqual(
      where === 'process' ? [true, true] : [false, false],
    )
  })

  test('an error comes back with its message, data, name, stack and cause, and is retried as any', async () => {
    const errors: Error[] = []
    const { run, queue } = started(
      { maxRetryCount: 1, retryRule: fixedDelay(0) },
      { onError: (error) => errors.push(error) },
    )
    const job = await run('throw')
    expect(job).toMatchObject({
      state: 'failed',
      errorMsg: 'it went wrong',
      errorData: { row: 7 },
      attempt: 2,
    })
    expect(await queue.getAttempts(job.id)).toHaveLength(2)
    expect(errors[0]?.name).toBe('JobError')
    expect(errors[0]?.stack).toContain('act.ts')
    expect(errors[0]?.cause).toMatchObject({ message: 'the disk' })
  })

  test('a terminal error, a snooze and what is no error mean what they mean elsewhere', async () => {
    const { run } = started({ maxRetryCount: 5 })
    expect(await run('terminal')).toMatchObject({
      state: 'failed',
      errorMsg: 'never again',
      errorData: [1],
      attempt: 1,
    })
    expect(await run('snooze')).toMatchObject({ state: 'scheduled', currentRetryCount: 0 })
    expect(await run('text')).toMatchObject({ state: 'retrying', currentRetryCount: 1 })
  })

  test('progress and log lines come out, and what becomes of progress goes back', async () => {
    const lines: object[] = []
    const note = (fields: object, message?: string) =>
      void ('event' in fields || lines.push({ ...fields, message }))
    const logger: Logger = { debug: note, info: note, warn: note, error: note }
    const { run, queue } = started({}, { logger })
    const job = await run('progress')
    expect(job).toMatchObject({ state: 'succeeded', progress: { percent: 50 } })
    expect(lines).toMatchObject([
      { jobId: job.id, error: expect.stringContaining('progress'), message: 'refused' },
    ])
    const said = await run('log')
    expect(lines.slice(1)).toMatchObject([
      { some: 'thing', attempt: 1, message: 'from inside' },
      { message: 'what cannot be sent' },
    ])
    expect((await queue.getLog(said.id)).lines).toMatchObject([
      { attempt: 1, level: 'warn', message: 'from inside', fields: { some: 'thing' } },
      { message: 'what cannot be sent' },
    ])
  })

  // The second that a handler is given is little for one in a process of its own, on a machine with much else to do.
  test('a cancel reaches the signal inside', { retry: 2 }, async () => {
    const { queue, worker, add } = started()
    await worker.startThreads(1)
    const id = await add('obey')
    await until('it runs', async () => (await queue.getJob(id))?.progress === 'it obeys')
    expect(await queue.cancelJob(id)).toBe('requested')
    await until('it is cancelled', async () => (await queue.getJob(id))?.state === 'cancelled')
    expect(await queue.getJob(id)).toMatchObject({ errorMsg: 'heard of AttemptAbortedError cancelled' })
  })

  test('a handler that does not hear its signal is killed, and the next job has a new place', async () => {
    const { queue, worker, add } = started({ concurrency: 1 })
    await worker.startThreads(1)
    const [id, next] = [await add('cling'), await add('return')]
    await until('it clings', async () => (await queue.getJob(id))?.progress === 'it clings')
    expect(await queue.getJob(next)).toMatchObject({ state: 'available' })
    await queue.cancelJob(id)
    await until('the next ran', async () => (await queue.getJob(next))?.state === 'succeeded')
    expect(await queue.getJob(id)).toMatchObject({ state: 'cancelled' })
  })

  test('who runs out of memory fails its attempt and disturbs no other', async () => {
    const errors: Error[] = []
    const { queue, worker, add } = started(
      { concurrency: 2, memoryLimitMb: 64 },
      { onError: (error) => errors.push(error) },
    )
    await worker.startThreads(2)
    const other = await add('obey')
    await until('the other runs', async () => (await queue.getJob(other))?.progress === 'it obeys')
    const id = await add('eat')
    const job = await until(
      'it has failed',
      async () => {
        const job = await queue.getJob(id)
        return job?.state === 'failed' ? job : null
      },
      { within: '60s' },
    )
    expect(job).toMatchObject({ errorMsg: expect.stringMatching(/ran out of memory/), crashCount: 0 })
    expect(job.errorData).toMatchObject({ name: 'IsolatedHandlerError', code: 'isolated_handler' })
    expect(errors[0]).toBeInstanceOf(IsolatedHandlerError)
    expect((errors[0] as IsolatedHandlerError).reason).toBe('outOfMemory')
    expect(await queue.getJob(other)).toMatchObject({ state: 'running', attempt: 1 })
  })

  test('a handler that ends its place, or breaks it, fails its attempt', async () => {
    const { run } = started({ concurrency: 1 })
    expect((await run('exit')).errorMsg).toMatch(/ended with code 3 before the handler did/)
    expect(await run('burst')).toMatchObject({ state: 'failed', errorMsg: 'out of the blue' })
    expect(await run('return')).toMatchObject({ state: 'succeeded' })
  })

  test('what cannot be sent, or is not there, is said', async () => {
    const { run } = started()
    expect((await run('unsendable')).errorMsg).toMatch(/could not be cloned/)
    expect((await run('transact')).errorMsg).toMatch(/no transaction with its job/)
    const broken = started({}, {}, new URL('isolated/broken.ts', import.meta.url))
    expect((await broken.run('return')).errorMsg).toBe('this file is broken')
    const nothing = started({}, {}, new URL('isolated/nothing.ts', import.meta.url))
    expect((await nothing.run('return')).errorMsg).toMatch(
      /nothing\.ts has no function as its default export/,
    )
  })

  test('its environment holds no secret unless it is given', async () => {
    const { run } = started({ env: { ...env, ONE: '1', NONE: undefined } })
    const names = (await run('env')).result as string[]
    expect(names).toEqual(expect.arrayContaining(['ONE', 'NODE_OPTIONS']))
    expect(names).not.toContain('PATH')
    expect(names).not.toContain('NONE')
  })

  test('no more run at once than its concurrency says, in as many places, which are used again', async () => {
    const { queue, worker } = started({ concurrency: 2 })
    await worker.startThreads(8)
    const added = await queue.addMany(Array.from({ length: 20 }, () => isolatedJob.with({ does: 'return' })))
    await until('all are done', async () => (await queue.getStats()).succeeded === 20, { within: '60s' })
    const places = new Set<string>()
    for (const { id } of added) {
      const { pid, threadId } = ((await queue.getJob(id)) as Job<any, any>).result
      places.add(`${pid} ${threadId}`)
    }
    expect(places.size).toBeLessThanOrEqual(2)
  })

  test('a stop ends what only rests', async () => {
    const { run, worker } = started()
    const { pid } = (await run('return')).result
    await worker.stopThreads()
    if (where === 'process') expect(isAlive(pid)).toBe(false)
    expect((await started().run('return')).state).toBe('succeeded')
  })

  test('a test can run it at once', async () => {
    const { queue, worker } = started()
    await withSynchronousJobs(worker, async () => {
      expect((await queue.add(isolatedJob, { does: 'return' })).status).toBe('ran')
      await expect(queue.add(isolatedJob, { does: 'throw' })).rejects.toThrow('it went wrong')
    })
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
