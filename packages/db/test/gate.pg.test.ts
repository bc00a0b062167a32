import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { queueDatabase } from './queue-database.ts'

// Up to PostgreSQL 17 a scan that is forbidden costs ten billion, beside which starting other processes costs nothing: so here too.
test('whether anybody listens is asked without calling other processes to help, at any price', async () => {
  const dear = {
    enable_seqscan: 'off',
    seq_page_cost: '1000000',
    parallel_setup_cost: '0',
    parallel_tuple_cost: '0',
  }
  const client = new pg.Client(withSettings((await queueDatabase()).url, dear))
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query('explain (costs off) select kinds from worker.heard')
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Gather')
})
