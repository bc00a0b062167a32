import { setTimeout as pause } from 'node:timers/promises'
import { JobQueueError, type WorkerService } from '@jq/core'
import { newId } from '@jq/core/internal'
import { createJobQueue, migrate } from '@jq/db'
import { createTestDatabase, type SeededRandom, seededRandom, type TestDatabase, testSeed } from '@jq/testing'
import { brokenInvariants, withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { commands, inTransaction, joinedHand, type StressClient } from './stress-commands.ts'

// All that can be asked of a queue, by many at once and at random, on a handful of jobs, bundles and keys, so that everybody
// meets everybody. What must never be true is looked for all the while.

const LASTS_MS = inject('longForm') ? 120_000 : 3_000
const CLIENTS = 8

let database: TestDatabase
let pool: pg.Pool
/** What is asked without a transaction, READ COMMITTED: as our client asks it, whatever the server's default is. */
let asking: pg.Pool
let queue: WorkerService
let random: SeededRandom
/** What the server answered to anybody, by SQLSTATE and place, even where it was asked again and nobody heard of it. */
let collisions: string[]
beforeEach(async () => {
  database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  await migrate({ connectionString: database.url })
  // Later than the 250 ms for which a settle waits, and soon enough to be seen in a short run.
  await database
    .query(`alter database "${new URL(database.url).pathname.slice(1)}" set deadlock_timeout = '400ms'`)
    .catch(() => undefined)
  await database.query(PAUSES)
  pool = new pg.Pool({
    connectionString: database.url,
    max: 3 * CLIENTS,
    options: '-c search_path=worker -c idle_session_timeout=0',
  })
  pool.on('error', () => undefined) // the sockets close a little after the pool says that they have
  collisions = []
  const patient = { search_path: 'worker', idle_session_timeout: '0' }
  const readCommitted = { ...patient, default_transaction_isolation: 'read committed' }
  asking = new pg.Pool({ connectionString: withSettings(database.url, readCommitted), max: CLIENTS })
  asking.on('error', () => undefined) // as above
  for (const each of [pool, asking]) each.on('connect', (client) => listenForCollisions(client, collisions))
  queue = createJobQueue({ pool })
  const seed = testSeed(inject('seed'))
  console.info(`stress: seed ${seed}`)
  random = seededRandom(seed)
})
afterEach(async () => {
  await queue.close()
  await Promise.all([pool.end(), asking.end()])
  await database.drop()
})

test('all commands at once meet in no deadlock, keep every invariant, and each of them is done', {
  timeout: 2 * LASTS_MS + 60_000,
}, async () => {
  const counts = await stress(commands)
  console.info(JSON.stringify(counts))
  expect(collisions).toEqual([])
  for (const kind of Object.keys(commands)) expect(counts[kind], kind).toBeGreaterThan(0)
})

test('while transactions of callers hold what they hold, no deadlock reaches anybody else', {
  timeout: 2 * LASTS_MS + 60_000,
}, async () => {
  const holding: Record<string, (client: StressClient) => Promise<unknown>> = {
    'a transaction': (client) => transaction(client, 'commit'),
    'a transaction that is rolled back': (client) => transaction(client, 'rollback'),
  }
  const counts = await stress({ ...commands, ...holding })
  console.info(JSON.stringify(counts))
  for (const kind of Object.keys({ ...commands, ...holding })) expect(counts[kind], kind).toBeGreaterThan(0)
})

/** What leaves nothing to meet over, or takes long for reasons of the test. */
const RARE: ReadonlySet<string> = new Set([
  'deleteJobsFromOrigin',
  'deleteJobsOfType',
  'deleteJobBundlesFromOrigin',
  'deleteJobBundlesOfType',
  'deleteAllJobsAndBundles',
  'fall silent',
  'read',
])

type Commands = Record<string, (client: StressClient) => Promise<unknown>>

/** Lets all clients ask at random until the time is over, and tells how often each command was done. */
async function stress(all: Commands): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const known = { jobs: [newId()], bundles: [newId()] }
  const end = performance.now() + LASTS_MS
  const drawn = Object.keys(all).flatMap((kind) =>
    Array.from({ length: RARE.has(kind) ? 1 : 10 }, () => kind),
  )
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (): Promise<StressClient> => {
      const own = seededRandom(random.integer(0, 2 ** 32 - 1))
      return { queue, sql, random: own, known, hand: await joinedHand(queue), held: [] }
    }),
  )
  const ask = async (client: StressClient, kind: string) => {
    const done = await isDone((all[kind] as Commands[string])(client), kind)
    const name = done ? kind : `${kind}, refused`
    counts[name] = (counts[name] ?? 0) + 1
  }
  const working = clients.map(async (client, place) => {
    // Each command is first asked by two of the clients, in an order of their own.
    const first = client.random.shuffle(
      Object.keys(all).filter((_, nth) => nth % (CLIENTS / 2) === place % (CLIENTS / 2)),
    )
    while (first.length > 0 || performance.now() < end) {
      const kind = first.pop() ?? client.random.pick(drawn)
      await ask(client, kind)
    }
  })
  const over = Promise.all(working)
  await Promise.race([over, watch(over)])
  await over
  // What was refused to everybody, such as members for bundles that were all sealed, is asked again once there is a new bundle.
  for (const kind of Object.keys(all))
    for (let tries = 0; counts[kind] === undefined && tries < 20; tries++) {
      await ask(clients[0] as StressClient, 'addBundle')
      await ask(clients[0] as StressClient, kind)
    }
  expect(await brokenInvariants(sql)).toEqual([])
  return counts
}

/** False where the queue refuses, as it says it would. */
async function isDone(asking: Promise<unknown>, kind: string): Promise<boolean> {
  try {
    await asking
    return true
  } catch (error) {
    if (error instanceof JobQueueError) return false
    throw new Error(`${kind}: ${error}`, { cause: error })
  }
}

/** Looks, while the others work, whether all invariants hold and whether an attempt's number has fallen. */
async function watch(over: Promise<unknown>): Promise<void> {
  let isOver = false
  over
    .finally(() => {
      isOver = true
    })
    .catch(() => undefined)
  const highest = new Map<string, number>()
  while (!isOver) {
    expect(await brokenInvariants(sql)).toEqual([])
    for (const { seq, attempt } of await sql(ATTEMPTS)) {
      expect(attempt, `the attempt of seq ${seq}`).toBeGreaterThanOrEqual(highest.get(seq) ?? 0)
      highest.set(seq, attempt)
    }
    await pause(50)
  }
}

/** A few commands in one transaction, which holds for a while what they took. Its own collisions are its own to try again. */
async function transaction(client: StressClient, ending: 'commit' | 'rollback'): Promise<void> {
  const db = await pool.connect()
  try {
    // Under another default it would be told 40001, which is its caller's to try again.
    await db.query(`begin isolation level read committed; set local lock_timeout = '2s'`)
    for (let n = client.random.integer(1, 3); n > 0; n--) {
      await inTransaction[client.random.pick(Object.keys(inTransaction))]?.(client, {
        db: db as never,
      }).catch((error) => {
        if (!(error instanceof JobQueueError)) throw error
      })
      await pause(client.random.integer(0, 30))
    }
    await db.query(ending)
  } catch (error) {
    await db.query('rollback')
    if (!isOfTheMoment(error)) throw error
  } finally {
    db.release()
  }
}

function isOfTheMoment(error: unknown): boolean {
  const { code = '' } = error as { code?: string }
  return ['40P01', '55P03', '23505'].includes(code)
}

async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asking.query(statement, values)
  return rows
}

/** The queue asks again where a deadlock ended a statement: here it is heard all the same. */
function listenForCollisions(client: pg.PoolClient, heard: string[]): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  client.query = ((...args: unknown[]) => {
    const answer = query(...args)
    if (answer instanceof Promise)
      answer.catch(({ code, where }) => {
        if (code === '40P01' || code === '40001') heard.push(`${code} ${where}`)
      })
    return answer
  }) as never
}

/** Now and then a statement inside a function is slow to give way to the next, so that others come in between. */
const PAUSES = `
create function worker.pause() returns trigger language plpgsql as $$
begin
  if random() < 0.3 then
    perform pg_sleep(random() * 0.03);
  end if;
  return null;
end
$$;
${[
  'job',
  'job_available',
  'job_scheduled',
  'job_running',
  'job_stopped',
  'job_key',
  'job_bundle',
  'schedule',
  'schedule_run',
  'stat_minute',
]
  .map(
    (table) =>
      `create trigger pause after insert or update or delete on worker.${table} execute function worker.pause();`,
  )
  .join('\n')}`

const ATTEMPTS = `
select seq, attempt from job_available union all select seq, attempt from job_scheduled
union all select seq, attempt from job_running union all select seq, attempt from job_stopped`
