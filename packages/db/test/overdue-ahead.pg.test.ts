import { Hand } from '@jq/testing/conformance'
import { expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

// A worker that beats, but says nothing any more: what it had claimed ahead may have begun, and may hang.

test.for([
  ['may have begun so long ago is ended by others', { through: 1, told: '1 hour', state: 'failed' }],
  ['may have begun only just is left alone', { through: 1, told: '0', state: 'running' }],
  ['has not begun is left alone, however long it waits', { through: 0, told: '1 hour', state: 'running' }],
] as const)(
  'what was claimed ahead an hour ago, may run for a second, and %s',
  async ([, { through, told, state }]) => {
    const database = await queueDatabase()
    const queue = createJobQueue({ connectionString: database.url })
    onTestFinished(() => queue.close())
    const hand = await Hand.join(queue, { types: [anything.type], timeoutMs: 1_000, heartbeatIntervalMs: 0 })
    const { id } = await queue.add(anything, {})
    expect(await hand.claimAhead(1, through)).toHaveLength(1)
    await database.query(
      `update worker.job_running set started_at = started_at - interval '1 hour', deadline = deadline - interval '1 hour'`,
    )
    await database.query(`update worker.worker_begun set at = at - interval '${told}'`)
    await hand.look()
    expect(await queue.getJob(id)).toMatchObject({ state })
  },
)
