import { randomUUID } from 'node:crypto'
import type { JobStoppedEvent, WorkerService } from '@jq/core'
import { startEmbeddedPostgres, type TestDatabase, until } from '@jq/testing'
import { Hand, outcome } from '@jq/testing/conformance'
import { startTcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createJobQueue, migrate } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await queueDatabase()
})

// S20 in part: the others are of the bundle's own tests
test('of two processes of one name one is told, and both unnamed ones', async () => {
  const named = [told(), told()]
  const unnamed = [told(), told()]
  for (const place of [0, 1]) {
    const queue = openQueue()
    await queue.addListener(listenerOf(named[place] as string[]), { name: 'accounts' })
    await queue.addListener(listenerOf(unnamed[place] as string[]))
  }
  const ids = await stopped(openQueue(), 20)
  await until('all were told', () => [...unnamed, named.flat()].every(({ length }) => length >= 20))
  expect(named.flat().sort()).toEqual(ids)
  expect(named.map(({ length }) => length).sort()).toEqual([0, 20])
})

// S24
test('a bundle is deleted on success once the listeners of two processes have had it, with its jobs', async () => {
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  for (const name of ['mails', 'reports', undefined, undefined]) {
    await openQueue().addListener(
      {
        onJobBundleStopped: async ({ getJobBundle }) => {
          if (name === 'reports') await gate.promise
          const jobs = (await getJobBundle())?.jobs ?? []
          seen.push(`${name ?? 'unnamed'}: ${jobs.map(({ state }) => state)}`)
        },
      },
      { name },
    )
  }
  const queue = openQueue()
  const bundle = { type: 'b', origin: 'o', jobs: [anything.with({})], deleteOnSuccess: true } as const
  const { id } = await queue.addBundle(bundle)
  await succeedAll(queue)
  await until('three have had it', () => seen.length === 3)
  await aMinuteLater()
  expect((await queue.getJobBundle(id))?.jobs).toHaveLength(1)
  gate.resolve()
  await until('the fourth has had it', () => seen.length === 4)
  await until('it is deleted', async () => {
    await aMinuteLater()
    return (await queue.getJobBundle(id)) === null
  })
  const whole = ['mails', 'reports', 'unnamed', 'unnamed'].map((name) => `${name}: succeeded`)
  expect(seen.sort()).toEqual(whole)
})

test('when the process that tells says goodbye, another of the name goes on at once', async () => {
  const [first, second] = [told(), told()]
  const [leaving, staying] = [openQueue(), openQueue()]
  const remove = await leaving.addListener(listenerOf(first), { name: 'accounts' })
  await until('it tells', async () => (await holders()).length === 1)
  await staying.addListener(listenerOf(second), { name: 'accounts' })
  await remove()
  const ids = await stopped(staying, 3)
  await until('all were told', () => second.length === 3)
  expect([first, second.sort()]).toEqual([[], ids])
})

test('when the process that tells falls silent, another of the name goes on when its lease has lapsed', async () => {
  const second = told()
  const queue = openQueue()
  await queue.addListener(listenerOf(second), { name: 'accounts' })
  await until('it tells', async () => (await holders()).length === 1)
  // Another process has the lease, and is no longer there.
  await database.query(
    `update worker.named_listener set holder = $1, held_until = now() + interval '1 hour', seen_at = now()`,
    [randomUUID()],
  )
  const ids = await stopped(queue, 3)
  await database.query('select pg_notify($1, $2)', ['jobqueue_worker', 'listener'])
  expect(second).toEqual([])
  await database.query(`update worker.named_listener set held_until = now() - interval '1 second'`)
  await database.query('select pg_notify($1, $2)', ['jobqueue_worker', 'listener'])
  await until('all were told', () => second.length === 3)
  expect(second.sort()).toEqual(ids)
})

test('what a transaction commits late is told late, and is not skipped', async () => {
  const heard = told()
  const queue = openQueue()
  await queue.addListener(listenerOf(heard), { name: 'accounts' })
  const { id: late } = await queue.add(anything, {})
  const client = await openClient()
  await client.query('begin')
  await queue.cancelJob(late, { db: client })
  const early = await stopped(queue, 5)
  expect(heard).toEqual([])
  await client.query('commit')
  await until('all were told', () => heard.length === 6)
  expect(heard.sort()).toEqual([late, ...early].sort())
})

test('a listener that never returns from one event is told of the others', async () => {
  const heard = told()
  const queue = openQueue()
  const { promise: never } = Promise.withResolvers<void>()
  await queue.addListener(
    {
      onJobStopped: ({ jobId }) => {
        heard.push(jobId)
        return heard.length === 1 ? never : undefined
      },
    },
    { name: 'accounts' },
  )
  await stopped(queue, 1)
  await until('it was told of the first', () => heard.length === 1)
  const others = await stopped(queue, 150)
  await until('it was told of the others', () => heard.length === 151, { within: '30s' })
  expect(heard.slice(1).sort()).toEqual(others)
})

test('what was told while the database was away is not told again', async () => {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  const heard = told()
  const gate = Promise.withResolvers<void>()
  const queue = openQueue(proxy.url(database.url))
  await queue.addListener(
    {
      onJobStopped: async ({ jobId }) => {
        heard.push(jobId)
        await gate.promise
      },
    },
    { name: 'accounts' },
  )
  const first = await stopped(openQueue(), 3)
  await until('it has them in hand', () => heard.length === 3)
  proxy.refuse()
  proxy.cut()
  gate.resolve()
  await proxy.accept()
  const later = await stopped(openQueue(), 2)
  await until('it was told of the others', () => heard.length >= 5)
  expect(heard.sort()).toEqual([...first, ...later].sort())
})

test('where the clock of the database is put back, what is to be told again is waited for without hurry', async () => {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  const looks: number[] = []
  proxy.loseRequestOf((sql) => {
    if (sql.includes('next_events')) looks.push(performance.now())
    return false
  })
  const queue = openQueue(proxy.url(database.url))
  const refuse = () => {
    throw new Error('not now')
  }
  await queue.addListener({ onJobStopped: refuse }, { name: 'accounts' })
  await stopped(queue, 1)
  const putBack = `update worker.event_again set due_at = due_at + interval '1 hour' returning id`
  await until('it was put back', async () => (await database.query(putBack)).length > 0)
  const before = looks.length
  const pauseMs = () => (looks.at(-1) as number) - (looks.at(-2) as number)
  await until('it polls', () => looks.length >= before + 2 && pauseMs() > 2_000, { within: '30s' })
})

test('a name that another process has ended is free again', async () => {
  const heard = told()
  const queue = openQueue()
  await queue.addListener(listenerOf(heard), { name: 'accounts' })
  await openQueue().forgetListener('accounts')
  await until('the name is free', async () => {
    const added = queue.addListener(listenerOf(heard), { name: 'accounts' })
    return added.then(
      () => true,
      () => false,
    )
  })
  const ids = await stopped(queue, 1)
  await until('it hears', () => heard.length > 0)
  expect(heard).toEqual(ids)
})

// On a server of its own: a snapshot counts the open transactions of all its databases.
test('health names the transaction that holds events back', async () => {
  const server = await startEmbeddedPostgres()
  onTestFinished(() => server.stop())
  await migrate({ connectionString: server.url })
  const heard = told()
  const queue = openQueue(server.url)
  await queue.addListener(listenerOf(heard), { name: 'accounts' })
  const [holding, asking] = [await openClient('month-end', server.url), await openClient('test', server.url)]
  await holding.query('begin; create table held_back (n int)')
  await stopped(queue, 1)
  const troubles = async () => (await asking.query(`select worker.troubles('0 seconds') as trouble`)).rows
  expect(await troubles()).toEqual([
    {
      trouble: expect.stringMatching(
        /^Events wait for a transaction .* process \d+ .* application month-end/,
      ),
    },
  ])
  expect((await queue.health()).reasons).toEqual([]) // so short a wait is not worth a word
  await holding.query('rollback')
  await until('it was told', () => heard.length === 1)
  expect(await troubles()).toEqual([])
})

test('health says so where the database takes no writes', async () => {
  const queue = openQueue(`${database.url}?options=-c%20default_transaction_read_only%3Don`)
  expect(await queue.health()).toMatchObject({
    status: 'degraded',
    database: 'ok',
    reasons: [expect.stringMatching(/takes no writes/)],
  })
})

test('a name that nobody has used for a week is forgotten, and health says so before and after', async () => {
  const heard = told()
  const queue = openQueue()
  const remove = await queue.addListener(listenerOf(heard), { name: 'accounts' })
  await remove()
  await unseenFor('2 days')
  expect((await queue.health()).reasons).toEqual([
    expect.stringMatching(/^The named listener accounts .* events wait/),
  ])
  await unseenFor('8 days')
  await database.query('select worker.keep()')
  expect(await queue.health()).toMatchObject({
    status: 'degraded',
    reasons: [expect.stringMatching(/^The named listener accounts .* was forgotten/)],
  })
  await stopped(queue, 1)
  expect(await database.query('select from worker.event')).toEqual([])
  await queue.addListener(listenerOf(heard), { name: 'accounts' })
  expect((await queue.health()).reasons).toEqual([])
  const ids = await stopped(queue, 1)
  await until('it hears again', () => heard.length > 0)
  expect(heard).toEqual(ids)
})

test('events are kept until every name had them, and no longer', async () => {
  const heard = told()
  const queue = openQueue()
  const remove = await queue.addListener(listenerOf(heard), { name: 'accounts' })
  await remove()
  const ids = await stopped(queue, 3)
  await anHourLater()
  expect(await database.query('select from worker.event')).toHaveLength(3)
  await queue.addListener(listenerOf(heard), { name: 'accounts' })
  await until('all were told', () => heard.length === 3)
  await until('they are cleared away', async () => {
    await anHourLater()
    return (await database.query('select from worker.event')).length === 0
  })
  expect(heard.sort()).toEqual(ids)
})

test('events that a name does not want are not kept for it', async () => {
  const queue = openQueue()
  await queue.addListener({ onJobStopped: () => undefined })
  await queue.addListener({ onJobBundleStopped: () => undefined }, { name: 'bundles' })
  await stopped(queue, 3)
  await until('they are cleared away', async () => {
    await anHourLater()
    await database.query('select worker.skip_unwanted_events($1)', ['bundles'])
    return (await database.query('select from worker.event')).length === 0
  })
})

test('a hundred events and more come page by page, each once', async () => {
  const heard = told()
  const queue = openQueue()
  await queue.addListener(listenerOf(heard), { name: 'accounts' })
  const ids = await stopped(queue, 350)
  await until('all were told', () => heard.length >= 350)
  expect(heard.sort()).toEqual(ids)
})

test('nothing is written for nobody', async () => {
  const queue = openQueue()
  await stopped(queue, 1)
  expect(await database.query('select from worker.event')).toEqual([])
})

function told(): string[] {
  return []
}

function listenerOf(heard: string[]) {
  return { onJobStopped: ({ jobId }: JobStoppedEvent) => void heard.push(jobId) }
}

function openQueue(connectionString = database.url): WorkerService {
  const queue = createJobQueue({ connectionString })
  onTestFinished(async () => {
    await queue.close()
  })
  return queue
}

async function openClient(name = 'test', connectionString = database.url): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: name })
  client.on('error', () => undefined) // the database goes before it does
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** So many jobs, added and stopped; their ids, in order. */
async function stopped(queue: WorkerService, count: number): Promise<string[]> {
  const jobs = await queue.addMany(Array.from({ length: count }, () => anything.with({})))
  await Promise.all(jobs.map(({ id }) => queue.cancelJob(id)))
  return jobs.map(({ id }) => id).sort()
}

function holders(): Promise<unknown[]> {
  return database.query('select from worker.named_listener where holder is not null')
}

/** Claims everything by hand and lets it succeed. */
async function succeedAll(queue: WorkerService): Promise<void> {
  const hand = await Hand.join(queue, { types: [anything.type] })
  for (const claimed of await hand.claim(10)) await hand.settle(outcome.succeeded(claimed))
}

async function aMinuteLater(): Promise<void> {
  await database.query(`update worker.job_bundle set stopped_at = stopped_at - interval '1 minute'`)
  await database.query(`select worker.delete_outdated('7 days', '30 days', null)`)
}

async function unseenFor(time: string): Promise<void> {
  await database.query('update worker.named_listener set seen_at = now() - $1::interval', [time])
}

async function anHourLater(): Promise<void> {
  await database.query(`update worker.event set at = at - interval '1 hour'`)
  await database.query('select worker.keep()')
}
