import { until } from '@jq/testing'
import { expect, test } from 'vitest'
import { anything, queueHere } from './queue-here.ts'
import { startJobqueue } from './start-jobqueue.ts'

test('stats --watch tells what changes until Ctrl-C', async () => {
  const { queue, env } = await queueHere()
  const args = ['stats', '--watch', '--interval', '100ms', '--json']
  const { process: watch } = startJobqueue<{ jobs: { available: number } }>(args, env)
  await watch.waitFor('nothing waits', ({ jobs }) => jobs.available === 0, { within: '30s' })
  await queue.add(anything, {})
  await watch.waitFor('a job waits', ({ jobs }) => jobs.available === 1)
  watch.signal('SIGINT')
  expect(await watch.exited).toEqual({ code: 130, signal: null })
  expect(watch.stderr).toContain('jobqueue: Ended by SIGINT.')
})

test('a bench that is interrupted leaves no schema behind', async () => {
  const { database, env } = await queueHere()
  const { process: bench } = startJobqueue(['bench', '--jobs', '2', '--singles', '100000'], env)
  await until('it waits for single jobs', async () => (await schemas()).length === 1 && (await jobs()) > 2, {
    within: '30s',
  })
  bench.signal('SIGTERM')
  expect(await bench.exited).toEqual({ code: 143, signal: null })
  expect(await schemas()).toEqual([])

  async function schemas() {
    const rows = await database.query<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'jobqueue_bench%'",
    )
    return rows.map(({ name }) => name)
  }

  async function jobs() {
    const [row] = await database.query<{ jobs: number }>(
      `select count(*)::int as jobs from ${(await schemas())[0]}.job`,
    )
    return row?.jobs ?? 0
  }
})
