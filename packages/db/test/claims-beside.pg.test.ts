import { Hand } from '@jq/testing/conformance'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { anything, numbered } from './some-jobs.ts'

const STEP = `select seq, kind from worker.step($1, types => '{anything}', rooms => '{3}', max_retries => '{0}',
  max_timeout_retries => '{0}', timeouts => '{0}', room => 3, beside => $2) where kind is distinct from 'began' order by seq`

test('a claim that looks past another one under way takes what follows, and no more than it has room for', async () => {
  const database = await queueDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  // As our client's transactions are.
  const own = withSettings(database.url, { default_transaction_isolation: 'read committed' })
  const [first, second] = [new pg.Client(own), new pg.Client(own)]
  await Promise.all([first.connect(), second.connect()])
  onTestFinished(async () => {
    await Promise.all([queue.close(), first.end(), second.end()])
  })
  const hand = await Hand.join(queue, { types: [anything.type], heartbeatIntervalMs: 0 })
  await queue.addMany(numbered(20))
  const ask = async (client: pg.Client, beside: number) =>
    (await client.query(STEP, [hand.id, beside])).rows.map(({ seq, kind }) => kind ?? Number(seq))

  await first.query('begin')
  expect(await ask(first, 0)).toEqual([1, 2, 3])
  expect(await ask(second, 0), 'all that it saw is taken').toEqual(['contended'])
  expect(await ask(second, 3)).toEqual([4, 5, 6])
  expect(await ask(second, 2), 'some of what it looked past is dead by now').toEqual([7, 8, 'contended'])
  await first.query('commit')
  expect(await ask(second, 3)).toEqual([9, 10, 11])
})
