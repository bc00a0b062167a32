import { createTestDatabase } from '@jq/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { runHere } from './run-here.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase({ serverUrl: inject('pgUrl') })
})
afterAll(() => database.drop())

async function migrated(args: readonly string[], env: Record<string, string> = {}) {
  const { code, out, err } = await runHere(['migrate', ...args], {
    env: { DATABASE_URL: database.url, ...env },
  })
  return { code, data: args.includes('--json') && out !== '' ? [JSON.parse(out)] : [], talk: err }
}

test('status, sql and up tell and do what is missing, once', async () => {
  expect(await migrated(['status', '--json'])).toMatchObject({
    code: 1,
    data: [[{ version: 1, appliedAt: null }]],
  })
  const planned = await migrated(['sql', '--json'])
  expect(planned).toMatchObject({ code: 0, data: [{ pending: ['0001-before-first-schema'] }] })
  expect(await database.query("select 1 from pg_namespace where nspname = 'worker'")).toEqual([])

  expect(await migrated(['up', '--json'])).toMatchObject({
    code: 0,
    data: [{ applied: ['0001-before-first-schema'] }],
  })
  expect(await migrated(['up', '--json'])).toMatchObject({
    code: 0,
    data: [{ applied: [] }],
    talk: expect.stringContaining('up to date'),
  })
  expect(await migrated(['status', '--json'])).toMatchObject({
    code: 0,
    data: [[{ version: 1, appliedAt: expect.stringMatching(/Z$/) }]],
  })
  expect(await migrated(['sql', '--json'])).toMatchObject({ code: 0, data: [{ pending: [], sql: '' }] })
})

test('the SQL that is printed makes the schema when it is run by hand', async () => {
  const { data } = await migrated(['sql', '--json', '--schema', 'by_hand'])
  const [{ sql }] = data as [{ sql: string }]
  await database.query(sql)
  expect(await migrated(['status'], { JOBQUEUE_SCHEMA: 'by_hand' })).toMatchObject({ code: 0 })
})

test('a flag wins over the environment', async () => {
  expect(await migrated(['status', '--schema', 'elsewhere'], { JOBQUEUE_SCHEMA: 'by_hand' })).toMatchObject({
    code: 1,
  })
  const unreachable = 'postgres://me:secret@127.0.0.1:1/nowhere'
  const { code, talk } = await migrated(['status', '--connection', unreachable])
  expect({ code, talk }).toEqual({
    code: 2,
    talk: expect.stringContaining('Cannot reach database nowhere at 127.0.0.1:1 as me'),
  })
  expect(talk).not.toContain('secret')
})

test('down drops everything or nothing, and says beforehand what it would run', async () => {
  expect(await migrated(['up', '--schema', 'for_a_while'])).toMatchObject({ code: 0 })
  for (const version of [[], ['--to', '1']])
    expect(await migrated(['down', '--schema', 'for_a_while', ...version])).toMatchObject({
      code: 2,
      talk: expect.stringContaining('--to 0'),
    })
  const down = ['down', '--to', '0', '--schema', 'for_a_while', '--json', '--yes']
  const sql = expect.stringContaining('drop schema "for_a_while" cascade')
  expect(await migrated([...down, '--dry-run'])).toMatchObject({ code: 0, data: [{ removed: false, sql }] })
  expect(await migrated(['status', '--schema', 'for_a_while'])).toMatchObject({ code: 0 })
  expect(await migrated(down)).toMatchObject({ code: 0, data: [{ removed: true, sql }] })
  expect(await migrated(['status', '--schema', 'for_a_while'])).toMatchObject({ code: 1 })
  expect(await migrated(down)).toMatchObject({ code: 0, data: [{ removed: false, sql: '' }] })
})

test('a schema that cannot be is refused', async () => {
  const { code, talk } = await migrated(['up', '--schema', 'pg_mine'])
  expect({ code, talk }).toEqual({ code: 2, talk: expect.stringContaining('not beginning with pg_') })
})

test('without a connection nothing is guessed', async () => {
  const { code, talk } = await migrated(['up'], { DATABASE_URL: '' })
  expect({ code, talk }).toEqual({
    code: 2,
    talk: expect.stringContaining('Which database? Give --connection'),
  })
})
