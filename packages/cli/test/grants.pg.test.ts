import { randomBytes } from 'node:crypto'
import { createTestDatabase } from '@jq/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { runHere } from './run-here.ts'

const mark = randomBytes(4).toString('hex')
const kinds = ['producer', 'worker', 'reader', 'admin']
const names = kinds.map((kind) => `jq_cli_${kind}_${mark}`)
const flags = kinds.flatMap((kind, place) => [`--${kind}`, names[place] as string])

let database: Awaited<ReturnType<typeof createTestDatabase>>
let server: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  server = await createTestDatabase({ serverUrl: inject('pgUrl') })
})
afterAll(async () => {
  await database.drop() // what a role has been granted keeps it
  await server.query(`drop role if exists ${names.join(', ')}`)
  await server.drop()
})

async function grants(args: readonly string[], env: Record<string, string> = { DATABASE_URL: database.url }) {
  const { code, out, err } = await runHere(['migrate', 'grants', ...flags, ...args], { env })
  const data = args.includes('--json') && out !== '' ? [JSON.parse(out)] : []
  return { code, data: data as { applied: boolean; sql: string }[], talk: err }
}

test('the SQL is printed without asking any database', async () => {
  const { code, data } = await grants(['--json', '--schema', 'jobs'], {})
  expect({ code, data }).toEqual({
    code: 0,
    data: [{ applied: false, sql: expect.stringContaining(`to "${names[0]}"`) }],
  })
  expect(data[0]?.sql).toContain('"jobs".add_job')
  expect(data[0]?.sql).not.toContain('create role')
})

test('what is missing is named, and nothing is granted until all is there', async () => {
  expect(await grants(['--apply'])).toMatchObject({
    code: 1,
    talk: expect.stringContaining('Run jobqueue migrate up first.'),
  })
  expect(await runHere(['migrate', 'up'], { env: { DATABASE_URL: database.url } })).toMatchObject({ code: 0 })
  expect(await grants(['--apply'])).toMatchObject({
    code: 1,
    talk: expect.stringContaining('let --create make it'),
  })
  expect(await rolesMade()).toEqual([])
})

test('--create --apply makes the roles and gives them their rights, as often as it is run', async () => {
  for (const _ of [1, 2])
    expect(await grants(['--create', '--apply'])).toMatchObject({ code: 0, talk: 'Granted.\n' })
  expect(await rolesMade()).toEqual([...names].sort().map((rolname) => ({ rolname, rolcanlogin: false })))
  const may = `select has_function_privilege('${names[0]}', 'worker.insert_plain_jobs(jsonb, boolean)', 'execute') as may`
  expect(await database.query(may)).toEqual([{ may: true }])
})

test('a name that no role can have is refused, and so is --apply without a database', async () => {
  expect(await grants(['--reader', 'public'])).toMatchObject({
    code: 2,
    talk: expect.stringContaining('options.roles.reader'),
  })
  expect(await grants(['--apply'], {})).toMatchObject({
    code: 2,
    talk: expect.stringContaining('Which database?'),
  })
})

function rolesMade() {
  return database.query('select rolname, rolcanlogin from pg_roles where rolname = any ($1) order by 1', [
    names,
  ])
}
