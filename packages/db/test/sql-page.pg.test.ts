import { readFileSync } from 'node:fs'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queueDatabase } from './queue-database.ts'

const page = readFileSync(new URL('../../../docs/sql.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql]) => sql as string)
const database = await queueDatabase()
// The page's reader has tables of his own, which stand on his search path.
const client = new pg.Client(withSettings(database.url, { search_path: 'public' }))

beforeAll(() => client.connect())
afterAll(() => client.end())

test.for(blocks.map((block, place) => ({ block, place: place + 1 })))(
  'block $place of docs/sql.md does what it says',
  async ({ block }) => {
    const promises = [...block.matchAll(/(.*?;)(?: {2}-- => ([^\n]*))?$/gms)]
    // A block that promises nothing may hold functions, whose semicolons end no statement.
    if (!promises.some(([, , answer]) => answer !== undefined)) await client.query(block)
    else for (const [, sql, answer] of promises) await keeps(sql as string, answer)
  },
)

test('the page promises enough to be worth a test', () => {
  expect(page.match(/-- => \S/g)?.length).toBeGreaterThan(8)
})

test('the page tells every column of the views, and every argument of the functions', async () => {
  const { rows } = await client.query(
    `select attname as name from pg_attribute where attrelid in ('worker.job_status'::regclass, 'worker.job_bundle_status'::regclass) and attnum > 0
    union select unnest(proargnames) from pg_proc where pronamespace = 'worker'::regnamespace and proname in ('add_job', 'add_bundle', 'cancel_job', 'reset_job')`,
  )
  const told: readonly string[] = page.match(/(?<=`[^`\n]*)[a-z_]+(?=[^`\n]*`)/g) ?? []
  expect(rows.map(({ name }) => name).filter((name) => !told.includes(name))).toEqual([])
})

/** The values of the one row that is answered, as people write them. */
async function keeps(sql: string, answer: string | undefined): Promise<void> {
  const { rows } = await client.query({ text: sql, rowMode: 'array' })
  if (answer !== undefined) expect(rows.map((row: unknown[]) => row.join(', '))).toEqual([answer])
}
