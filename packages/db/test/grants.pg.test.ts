import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { InvalidInputError, PermissionDeniedError, type WorkerService } from '@jq/core'
import { newId } from '@jq/core/internal'
import { Hand } from '@jq/testing/conformance'
import pg from 'pg'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { createJobQueue, type GrantsOptions, grants, migrate } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { type Kind, kinds, roleLogins } from './role-logins.ts'
import { anything } from './some-jobs.ts'

const database = await queueDatabase()
const roles = await roleLogins(database, inject('pgUrl'))
const owner = queueOf(database.url)
const queues = Object.fromEntries(kinds.map((kind) => [kind, queueOf(roles.url(kind))])) as Record<
  Kind,
  WorkerService
>
/** By the server, or by its client in a name and words of ours. */
const refused = expect.objectContaining({ code: expect.stringMatching(/^(42501|permission_denied)$/) })

/** What is tried, and who may. Each verb stands for itself, on jobs that the owner has added. */
const verbs: readonly { verb: string; who: readonly Kind[]; tried: (as: Kind) => Promise<unknown> }[] = [
  { verb: 'add a job', who: ['producer', 'worker', 'admin'], tried: (as) => queues[as].add(anything, {}) },
  {
    verb: 'add a job with a unique key',
    who: ['producer', 'worker', 'admin'],
    tried: (as) => queues[as].add(anything, {}, { uniqueKey: newId() }),
  },
  {
    verb: 'add a bundle, add to it and seal it',
    who: ['producer', 'worker', 'admin'],
    tried: async (as) => {
      const whenStopped = [anything.with({})]
      const { id } = await queues[as].addBundle({ type: 'b', origin: 'o', jobs: [], open: true, whenStopped })
      await queues[as].addToBundle(id, [anything.with({})])
      await queues[as].sealBundle(id)
    },
  },
  {
    verb: 'add by SQL',
    who: ['producer', 'worker', 'admin'],
    tried: async (as) => {
      await roles.query(as, `select * from worker.add_job('anything', '{}', run_after => '1 hour')`)
      await roles.query(as, `select worker.add_bundle('b', 'o', '[{"type": "anything", "payload": {}}]')`)
    },
  },
  {
    verb: 'claim and settle',
    who: ['worker', 'admin'],
    tried: async (as) => {
      await owner.add(anything, {}, { priority: 9 })
      const hand = await Hand.join(queues[as], { types: ['anything'] })
      await hand.look()
      const claimed = await hand.claimOne()
      await hand.progress(claimed, '50')
      await hand.check(claimed)
      const { seq, attempt } = claimed
      const { lost } = await hand.settle({ seq, attempt, kind: 'succeeded', result: null })
      await hand.leave()
      expect(lost).toEqual([])
    },
  },
  {
    verb: 'claim, without asking the client',
    who: ['worker', 'admin'],
    tried: (as) => roles.query(as, `select * from worker.step($1)`, [newId()]),
  },
  {
    verb: 'see the health',
    who: kinds,
    tried: async (as) => expect(await queues[as].health()).toMatchObject({ status: 'ok' }),
  },
  {
    verb: 'see how a bundle fares',
    who: kinds,
    tried: async (as) => queues[as].getBundleState((await aBundle()).id),
  },
  {
    verb: 'read a job',
    who: ['reader', 'worker', 'admin'],
    tried: async (as) => queues[as].getJob(await aJob()),
  },
  {
    verb: 'read the members of a bundle',
    who: ['reader', 'worker', 'admin'],
    tried: async (as) => queues[as].getJobBundle((await aBundle()).id),
  },
  {
    verb: 'read pages, attempts and counts',
    who: ['reader', 'worker', 'admin'],
    tried: async (as) => {
      await queues[as].getJobs({ state: ['available', 'failed'] })
      await queues[as].getAttempts(await aJob())
      await queues[as].getStats()
    },
  },
  {
    verb: 'read by SQL',
    who: ['reader', 'worker', 'admin'],
    tried: (as) => roles.query(as, 'select payload from worker.job_status limit 1'),
  },
  {
    verb: 'listen',
    who: ['reader', 'worker', 'admin'],
    tried: async (as) => {
      const remove = await queues[as].addListener({ onJobStopped: () => undefined })
      await remove()
    },
  },
  { verb: 'cancel', who: ['admin'], tried: async (as) => queues[as].cancelJob(await aJob()) },
  {
    verb: 'cancel by SQL',
    who: ['admin'],
    tried: async (as) => roles.query(as, 'select worker.cancel_job($1)', [await aJob()]),
  },
  { verb: 'reset', who: ['admin'], tried: async (as) => queues[as].resetJob(await aJob()) },
  {
    verb: 'reset by SQL',
    who: ['admin'],
    tried: async (as) => roles.query(as, 'select worker.reset_job($1)', [await aJob()]),
  },
  { verb: 'delete a job', who: ['admin'], tried: async (as) => queues[as].deleteJob(await aJob()) },
  {
    verb: 'delete a bundle',
    who: ['admin'],
    tried: async (as) => queues[as].deleteJobBundle((await aBundle()).id),
  },
  {
    verb: 'delete by SQL',
    who: ['admin'],
    tried: (as) => roles.query(as, 'select worker.delete_everything()'),
  },
  {
    verb: 'see that the schema is up to date',
    who: kinds,
    tried: (as) => migrate({ connectionString: roles.url(as) }),
  },
  {
    verb: 'migrate',
    who: [],
    tried: (as) => migrate({ connectionString: roles.url(as), schema: 'another' }),
  },
  {
    verb: 'alter a table',
    who: [],
    tried: (as) => roles.query(as, 'alter table worker.job add column more text'),
  },
  {
    verb: 'give away rights',
    who: [],
    tried: (as) => roles.query(as, grants({ roles: roles.names })).finally(() => roles.query(as, 'rollback')),
  },
]

describe.each(kinds)('%s', (kind) => {
  test.for(verbs.filter(({ who }) => who.includes(kind)))('may $verb', async ({ tried }) => {
    await tried(kind)
  })

  test.for(verbs.filter(({ who }) => !who.includes(kind)))('may not $verb', async ({ tried }) => {
    await expect(tried(kind)).rejects.toEqual(refused)
  })
})

test('each statement of the client may be asked by the roles of the golden table, and by admin all of them', async () => {
  const folder = new URL('../src/statements/', import.meta.url)
  const lines: string[] = []
  for (const file of globSync('*.sql', { cwd: folder.pathname }).sort()) {
    const sql = readFileSync(new URL(file, folder), 'utf8')
    const who: Kind[] = []
    for (const kind of kinds) if (await mayAsk(kind, sql)) who.push(kind)
    lines.push(`${basename(file, '.sql').padEnd(24)} ${who.join(' ')}`)
  }
  expect(lines.filter((line) => !line.endsWith(' admin'))).toEqual([])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('grants.txt')
})

test('each function and each table of the schema may be used by the roles of the golden table, and by nobody else', async () => {
  const may = (kind: Kind) => database.query<{ name: string }>(MAY_USE, [roles.names[kind]])
  const used = new Map<string, string>()
  for (const kind of kinds)
    for (const { name } of await may(kind)) used.set(name, `${used.get(name) ?? name.padEnd(36)} ${kind}`)
  await expect(`${[...used.values()].sort().join('\n')}\n`).toMatchFileSnapshot('function-grants.txt')
})

/** Functions by their name, and what may be done with tables, views and sequences. */
const MAY_USE = `select proname::text as name from pg_proc
    where pronamespace = 'worker'::regnamespace and has_function_privilege($1, oid, 'execute')
  union select format('%s %s', lower(p), relname) from pg_class,
    unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
    where relnamespace = 'worker'::regnamespace and relkind in ('r', 'v', 'm', 'p') and has_table_privilege($1, oid, p)
  union select format('use %s', relname) from pg_class
    where relnamespace = 'worker'::regnamespace and case relkind when 'S' then has_sequence_privilege($1, oid, 'usage, select, update') else false end`

test('the doors of the schema are the functions that admin may call, and nobody else may call any', async () => {
  const functions = await database.query<{ name: string; door: boolean; admin: boolean; anybody: boolean }>(
    `select proname as name, prosecdef as door, has_function_privilege($1, oid, 'execute') as admin,
      exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) a where a.grantee = 0) as anybody
    from pg_proc where pronamespace = 'worker'::regnamespace`,
    [roles.names.admin],
  )
  expect(functions.filter(({ door, admin }) => door !== admin).map(({ name }) => name)).toEqual([])
  expect(functions.filter(({ anybody }) => anybody).map(({ name }) => name)).toEqual([])
  expect(functions.filter(({ door }) => door).length).toBeGreaterThan(25)
})

const behindTheDoors = [
  'select payload from worker.job',
  'select payload from worker.job_status',
  'select when_stopped from worker.job_bundle',
  'select * from worker.event',
  'select * from worker.job_available',
  `insert into worker.job (id, type, payload, origin) values (gen_random_uuid(), 'x', '{}', 'x')`,
  `insert into worker.job_available (seq, type, rank) values (1, 'x', 0)`,
  'delete from worker.job_key',
  'update worker.job_bundle set num_jobs = 0',
  'update worker.worker set stopped_at = now()',
  `select nextval('worker.job_seq_seq')`,
  `select worker.store_plain_jobs('[]', gen_random_uuid())`,
  `select worker.store_jobs('[]')`,
  `select worker.count_members('{}', '{}', 1, 0)`,
  `select worker.tell_bundle_stopped(gen_random_uuid())`,
  `select worker.claim_jobs(gen_random_uuid(), null, '{}', '{}', null, null, '{}', '{}', '{}', 1, 0, false, 3, null, false, null, null, null)`,
  `select worker.settle_attempts('[]')`,
]

test.for(behindTheDoors)('a producer may not: %s', async (sql) => {
  await expect(roles.query('producer', sql)).rejects.toEqual(refused)
})

test.for(behindTheDoors.filter((sql) => !/^select (payload|when_stopped|\*)/.test(sql)))(
  'nor may an admin past the doors: %s',
  async (sql) => {
    await expect(roles.query('admin', sql)).rejects.toEqual(refused)
  },
)

test('a bundle that is sealed takes no more members, whatever the producer calls', async () => {
  const { id } = await aBundle()
  const list = JSON.stringify([{ id: newId(), type: 'anything', origin: 'o', payload: 1 }])
  await expect(
    roles.query('producer', 'select * from worker.insert_members($1, $2)', [id, list]),
  ).rejects.toMatchObject({
    message: `bundle ${id} takes no more members`,
  })
})

test("no table of the caller's stands in for one of ours", async () => {
  await roles.query(
    'producer',
    'create temporary table job (like pg_class); create temporary table job_available (like pg_class)',
  )
  await roles.query('producer', 'set search_path = pg_temp, worker')
  const [added] = await roles.query(
    'producer',
    `select id from worker.add_job('anything', '"in the right place"')`,
  )
  expect(await owner.getJob(String(added?.id))).toMatchObject({
    state: 'available',
    payload: 'in the right place',
  })
})

test('what a role had before is taken away, and a role that is given twice has the rights of both', async () => {
  const { producer, reader, worker, admin } = roles.names
  const again = (names: typeof roles.names) => database.query(grants({ roles: names }))
  try {
    await again({ producer: admin, reader: admin, worker, admin: producer })
    await expect(queues.admin.deleteJob(await aJob())).rejects.toEqual(refused)
    await queues.admin.add(anything, {})
    expect(await queues.admin.getJob(await aJob())).not.toBeNull()
    expect(await queues.producer.deleteJob(await aJob())).toBe(true)
  } finally {
    await again({ producer, reader, worker, admin })
  }
  await expect(queues.producer.deleteJob(await aJob())).rejects.toEqual(refused)
})

test.for(['public', 'none', '', 'a"b', 'a b', 'r$$', 'r'.repeat(64)])('no role is called %j', (producer) => {
  expect(() => grants({ roles: { producer } })).toThrow(InvalidInputError)
  expect(() => grants({ roles: { producer } })).toThrow('options.roles.producer')
})

test('a misspelt role is refused, and so is a schema that cannot be', () => {
  expect(() => grants({ roles: { prodcer: 'x' } as object })).toThrow('options.roles.prodcer')
  expect(() => grants({ schema: 'a"b' })).toThrow('options.schema')
})

test('where there is no job queue, the grants say so', async () => {
  await expect(granting({ schema: 'elsewhere', roles: roles.names })).rejects.toMatchObject({
    code: '3F000',
    hint: 'Run jobqueue migrate up first.',
  })
})

test('the owner is none of the roles: its own rights would be taken away', async () => {
  const [owning] = await database.query<{ name: string }>('select current_user as name')
  await expect(granting({ roles: { ...roles.names, admin: String(owning?.name) } })).rejects.toMatchObject({
    code: '22023',
    message: 'one of the roles owns the job queue and may do everything already',
  })
  await queues.producer.add(anything, {})
})

test('a schema whose owner is an ordinary role serves the four roles as well', async () => {
  const { producer, reader } = roles.names
  const address = new URL(roles.url('admin'))
  await database.query(`grant create on database ${database.name} to ${roles.names.admin}`)
  await migrate({ connectionString: address.href, schema: 'owned' })
  await roles.query(
    'admin',
    grants({ schema: 'owned', roles: { producer, worker: roles.names.worker, reader, admin: reader } }),
  )
  await roles.query('producer', `select owned.add_job('anything', '{}')`)
  expect(await roles.query('reader', 'select state from owned.job_status')).toEqual([{ state: 'available' }])
  expect(await roles.query('reader', 'select state from owned.stopped_by_minute')).toEqual([])
  await expect(roles.query('producer', 'select state from owned.job_status')).rejects.toEqual(refused)
})

/** On a connection of its own, since a refusal leaves the transaction open. */
async function granting(options: GrantsOptions): Promise<void> {
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query(grants(options)).finally(() => client.end())
}

function queueOf(connectionString: string): WorkerService {
  const queue = createJobQueue({ connectionString })
  afterAll(() => queue.close())
  return queue
}

async function aJob(): Promise<string> {
  return (await owner.add(anything, {}, { runAfter: '1h' })).id
}

test('a missing right has a name and a way out, in every call and in a worker that joins', async () => {
  const denied = async (call: Promise<unknown>) => {
    const error = await call.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(PermissionDeniedError)
    expect(error).toMatchObject({
      code: 'permission_denied',
      message: expect.stringMatching(/^The database says: \w.*jobqueue migrate grants/),
      cause: { code: '42501' },
    })
  }
  await denied(queues.producer.getJob(await aJob()))
  await denied(queues.reader.add(anything, {}))
  await denied(queues.reader.addMany([anything.with({})]))
  await denied(queues.worker.cancelJob(await aJob()))
  await denied(Hand.join(queues.reader, { types: ['anything'] }))
  await denied(queues.reader.work.look({ workerId: newId(), types: [], reap: true, sleeping: false }))
})

async function aBundle(): Promise<{ id: string }> {
  return owner.addBundle({ type: 'b', origin: 'o', jobs: [anything.with({}, { runAfter: '1h' })] })
}

/** EXPLAIN checks the rights of all that a statement would touch, and runs none of it. */
async function mayAsk(kind: Kind, sql: string): Promise<boolean> {
  const parameters = new Set(sql.match(/\$\d+/g)).size
  return roles.query(kind, `explain ${sql}`, Array(parameters).fill(null)).then(
    () => true,
    (error: { code?: string; message: string }) => {
      if (error.code === '42501') return false
      throw new Error(`${error.message}: ${sql}`)
    },
  )
}
