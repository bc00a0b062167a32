import { InvalidInputError } from '@jq/core'
import { newId } from '@jq/core/internal'
import { afterAll, expect, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { anything } from './some-jobs.ts'

const queue = createJobQueue({ connectionString: 'postgres://me@127.0.0.1:1/app' })
afterAll(() => queue.close())

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a list of rows', []],
  ['an object without rows', {}],
  ['rows that are no list', { rows: 1 }],
  ['rows without our column', { rows: [{}] }],
  ['rows by place', { rows: [['{}']] }],
  ['a row that is null', { rows: [null] }],
])("a caller's wrapper that answers %s is refused, and told what to answer", async (_, answer) => {
  const db = { query: async () => answer as { rows: Record<string, unknown>[] } }
  for (const call of [() => queue.cancelJob(newId(), { db }), () => queue.add(anything, {}, { db })]) {
    const error = await call().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toMatchObject({
      reason: 'not_a_transaction',
      path: 'options.db',
      message: expect.stringContaining('must resolve to { rows }'),
    })
  }
})
