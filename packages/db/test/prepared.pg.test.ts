import { Hand, outcome } from '@jq/testing/conformance'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { PreparedNames } from '../src/prepared-names.ts'
import { statementsFor } from '../src/statement.ts'
import { step } from '../src/statements/step.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

// What is asked all the time is prepared once a connection. Poolers, other users of the connection and migrations may undo that.

const name = new PreparedNames().of(
  step(statementsFor('worker'), { workerId: '', outcomes: [], claim: null }).sql,
)

test.for([
  ['knows what was prepared on it', { before: [], after: [] }],
  ['forgets what was prepared on it', { before: [], after: ['deallocate all'] }],
  ['has it prepared already, by somebody else', { before: [`prepare ${name} as select 1`], after: [] }],
] as const)('on a connection that %s, each job runs once', async ([, { before, after }]) => {
  // Under another default nothing is prepared: a transaction stands around each statement.
  const readCommitted = { default_transaction_isolation: 'read committed' }
  const { url } = await queueDatabase()
  const pool = new pg.Pool({ connectionString: withSettings(url, readCommitted), max: 1 })
  pool.on('error', () => undefined) // it says that it has ended a little before its sockets have
  const queue = createJobQueue({ pool })
  onTestFinished(async () => {
    await queue.close()
    await pool.end()
  })
  for (const sql of before) await pool.query(sql)
  const hand = await Hand.join(queue, { types: [anything.type], heartbeatIntervalMs: 0 })
  for (let round = 1; round <= 3; round++) {
    await queue.add(anything, { round })
    const claimed = await hand.claim()
    expect(claimed).toHaveLength(1)
    expect((await hand.settle(...claimed.map((one) => outcome.succeeded(one)))).lost).toEqual([])
    if (round > 1) continue
    expect((await pool.query('select name from pg_prepared_statements')).rows).toContainEqual({ name })
    for (const sql of after) await pool.query(sql)
  }
  expect(await queue.getStats()).toMatchObject({ succeeded: 3, running: 0, available: 0 })
})

test('one name never means two statements', () => {
  expect(new PreparedNames().of('select 1')).not.toBe(new PreparedNames().of('select 2'))
  expect(new PreparedNames().of('select 1')).toBe(new PreparedNames().of('select 1'))
  expect(Buffer.byteLength(new PreparedNames().of('select 1'))).toBeLessThan(64) // longer ones are cut
})
