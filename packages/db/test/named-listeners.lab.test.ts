import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom, type TestDatabase, testSeed, until } from '@jq/testing'
import { type SpawnedProcess, spawnProcess, startTcpProxy, type TcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

type Said = { readonly said: 'ready' } | { readonly said: 'told'; readonly jobId: string }

const ROUNDS = inject('longForm') ? 63 : 10
const EVENTS = 160 * ROUNDS

let database: TestDatabase
let listeners: SpawnedProcess<Said>[] = []
beforeEach(async () => {
  database = await queueDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  const remove = await queue.addListener({ onJobStopped: () => undefined }, { name: 'accounts' })
  await remove() // the name is there, and nobody of it
  await queue.close()
})
afterEach(async () => {
  for (const process of listeners) process.signal('SIGKILL')
  await Promise.all(listeners.map(({ exited }) => exited))
  listeners = []
})

// P15
test(`a named listener has every one of ${EVENTS} events after cuts and restarts`, {
  timeout: 600_000,
}, async () => {
  const seed = testSeed(inject('seed'))
  console.info(`named listeners: seed ${seed}`)
  const random = seededRandom(seed)
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.close())
  const alive: SpawnedProcess<Said>[] = await Promise.all([listen(proxy), listen(proxy)])
  const ids: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const writing = eightWriters(EVENTS / ROUNDS)
    await pause(random.integer(0, 100))
    if (random.integer(0, 2) > 0) proxy.cut()
    else {
      const killed = alive.shift()
      killed?.signal('SIGKILL')
      await killed?.exited
      await lapse() // else nobody is told while they write, and no order of theirs is met
      alive.push(await listen(proxy))
    }
    ids.push(...(await writing))
  }
  const untold = () => {
    const heard = new Set(listeners.flatMap(({ events }) => events.map(idOf)))
    return ids.filter((id) => !heard.has(id))
  }
  await until('every event was told', () => untold().length === 0, { within: '2m' }).catch(async (error) => {
    const [name] = await database.query('select * from worker.named_listener')
    const rows = await database.query('select tx, id, at, job_id from worker.event where job_id = any ($1)', [
      untold(),
    ])
    throw new Error(
      JSON.stringify({ name, again: await database.query('select * from worker.event_again'), rows }),
      {
        cause: error,
      },
    )
  })
  console.info(`named listeners: ${ids.length} events, ${ROUNDS} faults, ${listeners.length} processes`)
})

/**
 * The lease of a process that was killed lasts half a minute, in which all would be written. READ COMMITTED, as our client's statements
 * are: the other process renews its wish for that row meanwhile.
 */
async function lapse(): Promise<void> {
  const taken = `update worker.named_listener set held_until = now() - interval '1 second'`
  await database.query(`begin isolation level read committed; ${taken}; commit`)
  await database.query('select pg_notify($1, $2)', ['jobqueue_worker', 'listener'])
}

async function listen(proxy: TcpProxy): Promise<SpawnedProcess<Said>> {
  const process = spawnProcess<Said>(new URL('listening-process.ts', import.meta.url), {
    args: [proxy.url(database.url), 'accounts'],
  })
  listeners.push(process)
  await process.waitFor('it listens', ({ said }) => said === 'ready', { within: '1m' })
  return process
}

/** Events written by eight at once, some of them in transactions that stay open for a while: they commit out of their order. */
async function eightWriters(events: number): Promise<string[]> {
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    const queue = createJobQueue({ connectionString: database.url })
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const ids: string[] = []
    while (ids.length < events / 8) {
      const jobs = await queue.addMany(Array.from({ length: 10 }, () => anything.with({})))
      // Under another default it would be its caller's to repeat it.
      await client.query('begin isolation level read committed')
      for (const { id } of jobs) await queue.cancelJob(id, { db: client })
      await pause(5 * writer)
      await client.query('commit')
      ids.push(...jobs.map(({ id }) => id))
    }
    await client.end()
    await queue.close()
    return ids
  })
  return (await Promise.all(writers)).flat()
}

function idOf(event: Said): string {
  return event.said === 'told' ? event.jobId : ''
}
