import { expect, test } from 'vitest'
import { statementsFor } from '../src/statement.ts'
import { step } from '../src/statements/step.ts'
import { queueDatabase } from './queue-database.ts'

test('each success keeps its own result, in whatever order they are told', async () => {
  const database = await queueDatabase()
  const query = database.query.bind(database)
  const me = '0197a000-0000-7000-8000-00000000000a'
  await query(`select worker.beat($1, 'h', 1, '0', array['work'], 10, interval '1 hour', false)`, [me])
  await query(`select worker.add_job('work', to_jsonb(n)) from generate_series(1, 5) n`)
  const claimed = await query(
    `select seq, attempt, payload from worker.step($1, types => '{work}', rooms => '{5}', max_retries => '{0}',
      max_timeout_retries => '{0}', timeouts => '{0}', room => 5, max_crashes => 1) where kind is null order by seq desc`,
    [me],
  )
  const of = (name: string) => claimed.map((row) => row[name])
  const told = await query(
    `select kind from worker.step($1, done => $2::bigint[], attempts => $3::int[], results => $4::jsonb[])`,
    [me, of('seq'), of('attempt'), of('payload').map((n) => JSON.stringify(n))],
  )
  expect(told).toEqual([])
  expect(await query('select payload = result as same from worker.job_status')).toEqual(
    Array.from({ length: 5 }, () => ({ same: true })),
  )
})

test('a worker tells what succeeded in the order of sequence, in which one walk finds it', () => {
  const success = (seq: string) => ({ seq, attempt: 1, kind: 'succeeded' as const, result: seq })
  const outcomes = ['10', '9', '100', '11'].map(success)
  const { parameters } = step(statementsFor('worker'), { workerId: 'w', outcomes, claim: null })
  expect(parameters).toContain('{9,10,11,100}')
})
