import { AttemptAbortedError, AttemptLostError, defineJob, fixedDelay, type Job } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type Handler, type JobWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// P6: what a handler writes in its transaction commits together with the job's success, or not at all.

const work = defineJob('work', {
  payload: z.object({ n: z.int() }),
  result: z.object({ n: z.int() }),
  maxRetryCount: 3,
})

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let workers: JobWorker[] = []
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  await universe.query('create table public.mail (n int, attempt int)') // without any key: doubles would show
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stopThreads()))
  workers = []
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

async function handled(handler: Handler<typeof work>): Promise<Job> {
  const worker = createWorker(universe.queue).register(work, handler, { retryRule: fixedDelay(1) })
  workers.push(worker)
  await worker.startThreads(1)
  return stopped((await universe.queue.add(work, { n: 7 })).id)
}

const stopped = (id: string) =>
  until('the job has stopped', async () => {
    const job = await universe.queue.getJob(id)
    return job?.stoppedAt ? job : null
  })
/** Also where the server lets no statement take that long. */
const forLong = 'set local statement_timeout = 0; select pg_sleep(60)'
const mails = () => universe.query('select n, attempt from public.mail order by attempt')

describe('a handler in its transaction', () => {
  test('has all of its log kept: what it said before it, within it, behind it, and in one that failed', async () => {
    const job = await handled(async ({ n }, { transaction, log, fence }) => {
      log.info({}, 'before')
      const result = await transaction(async () => {
        log.info({}, 'within')
        if (fence.attempt === 1) throw new Error('rolled back')
        return { n }
      })
      log.info({}, 'behind')
      return result
    })
    const lines = async () => (await universe.queue.getLog(job.id)).lines
    await until('the last line is there', async () => (await lines()).length === 5)
    expect((await lines()).map(({ attempt, message }) => `${attempt} ${message}`)).toEqual([
      ...['1 before', '1 within', '2 before', '2 within', '2 behind'],
    ])
  })

  test('writes with Kysely and with the client, and its success commits with both', async () => {
    const job = await handled(async ({ n }, { transaction, fence }) =>
      transaction(async (trx, client) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        await client.query('insert into public.mail values ($1, $2)', [n + 1, fence.attempt])
        expect(await mails()).toEqual([])
        return { n }
      }),
    )
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1, result: { n: 7 } })
    expect(await mails()).toEqual([
      { n: 7, attempt: 1 },
      { n: 8, attempt: 1 },
    ])
  })

  test('that throws has written nothing, and is tried again', async () => {
    const job = await handled(async ({ n }, { transaction, fence }) =>
      transaction(async (trx) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        if (fence.attempt === 1) throw new Error('not yet')
        return { n }
      }),
    )
    expect(job).toMatchObject({ state: 'succeeded', attempt: 2 })
    expect(await mails()).toEqual([{ n: 7, attempt: 2 }])
  })

  test('whose result will not do has written nothing', async () => {
    const job = await handled(async ({ n }, { transaction, fence }) =>
      transaction(async (trx) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        return { n: 'no number' } as never
      }),
    )
    expect(job).toMatchObject({ state: 'failed', attempt: 4 })
    expect(await mails()).toEqual([])
  })

  test('that has committed has succeeded, whatever it does afterwards', async () => {
    const job = await handled(async ({ n }, { transaction, fence }) => {
      await transaction(async (trx) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        return { n }
      })
      throw new Error('too late to fail')
    })
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1, result: { n: 7 }, errorMsg: null })
    expect(await mails()).toEqual([{ n: 7, attempt: 1 }])
  })

  test('whose attempt is lost has written nothing', async () => {
    const thrown = Promise.withResolvers<unknown>()
    const inside = Promise.withResolvers<void>()
    const deleted = Promise.withResolvers<void>()
    const worker = createWorker(universe.queue).register(work, async ({ n }, { transaction, fence }) => {
      const done = transaction(async (trx) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        inside.resolve()
        await deleted.promise
        return { n }
      })
      done.catch(thrown.resolve)
      return done
    })
    workers.push(worker)
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, { n: 7 })
    await inside.promise
    expect(await universe.queue.deleteJob(id)).toBe(true) // no lock of the handler's is in the way
    deleted.resolve()
    expect(await thrown.promise).toBeInstanceOf(AttemptLostError)
    expect(await mails()).toEqual([])
  })

  test('that goes on when its time is up is cut off, and keeps no connection', async () => {
    const thrown = Promise.withResolvers<unknown>()
    const worker = createWorker(universe.queue).register(
      work,
      async (_, { transaction }) => {
        const done = transaction(async (_, client) => {
          await client.query(forLong)
          return { n: 1 }
        })
        done.catch(thrown.resolve)
        return done
      },
      { timeout: '100ms', maxTimeoutRetryCount: 0 },
    )
    workers.push(worker)
    await worker.startThreads(1)
    const job = await stopped((await universe.queue.add(work, { n: 7 })).id)
    expect(job).toMatchObject({ state: 'failed', attempt: 1 })
    const error = await thrown.promise
    expect(error).toBeInstanceOf(AttemptAbortedError)
    expect((error as AttemptAbortedError).reason).toBe('timeout')
  })

  test('that its handler does not wait for is rolled back once that has returned', async () => {
    const thrown = Promise.withResolvers<unknown>()
    const job = await handled(async ({ n }, { transaction, fence }) => {
      transaction(async (trx, client) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        await client.query(forLong)
        return { n }
      }).catch(thrown.resolve)
      return { n }
    })
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1 })
    expect(await thrown.promise).toBeInstanceOf(AttemptLostError)
    expect(await mails()).toEqual([])
  })

  test('is waited for by the server for half a minute, once it holds what others need', async () => {
    await universe.query('create table public.seen (setting text)')
    await universe.query(`
      create function public.see() returns trigger language plpgsql as $$
      begin
        insert into public.seen values (current_setting('idle_in_transaction_session_timeout'));
        return null;
      end $$`)
    await universe.query(
      'create constraint trigger see after insert on public.mail deferrable initially deferred for each row execute function public.see()',
    )
    let meanwhile: unknown
    await handled(async ({ n }, { transaction, fence }) =>
      transaction(async (trx, client) => {
        await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
        const shown = await client.query('show idle_in_transaction_session_timeout')
        meanwhile = shown.rows[0]?.idle_in_transaction_session_timeout
        return { n }
      }),
    )
    expect(meanwhile).toBe('0')
    expect(await universe.query('select setting from public.seen')).toEqual([{ setting: '28s' }])
  })

  test('whose reply to the commit is lost has succeeded once', async () => {
    const proxy = await startTcpProxy(universe.url)
    const queue = createJobQueue({ connectionString: proxy.url(universe.url) })
    const worker = createWorker(queue).register(
      work,
      async ({ n }, { transaction, fence }) =>
        transaction(async (trx) => {
          await trx.insertInto('public.mail').values({ n, attempt: fence.attempt }).execute()
          return { n }
        }),
      { retryRule: fixedDelay(1) },
    )
    workers.push(worker)
    await worker.startThreads(1)
    const { lost } = proxy.loseReplyOf((sql) => sql === 'commit')
    const job = await stopped((await universe.queue.add(work, { n: 7 })).id)
    expect(lost).toHaveLength(1)
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1, result: { n: 7 } })
    expect(await mails()).toEqual([{ n: 7, attempt: 1 }])
    await worker.stopThreads()
    await queue.close()
    await proxy.close()
  })
})
