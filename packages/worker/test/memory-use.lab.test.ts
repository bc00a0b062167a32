import { spawnProcess } from '@jq/testing/lab'
import { expect, inject, test } from 'vitest'
import type { HeapSaid } from './lab/many-jobs.ts'
import { postgresUniverse } from './postgres-universe.ts'

const JOBS = inject('longForm') ? 999_000 : 30_000

test(`a worker holds as much memory after ${JOBS} jobs as after a third of them`, {
  timeout: 1_800_000,
}, async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const worker = spawnProcess<HeapSaid>(new URL('lab/many-jobs.ts', import.meta.url), {
    args: [universe.url, String(JOBS)],
    execArgv: ['--expose-gc'],
  })
  expect(await worker.exited, worker.stderr).toEqual({ code: 0, signal: null })
  const [third, end] = worker.events
  expect([third?.done, end?.done]).toEqual([JOBS / 3, JOBS])
  const grownMb = ((end as HeapSaid).heapBytes - (third as HeapSaid).heapBytes) / 2 ** 20
  console.info(`memory: ${grownMb.toFixed(2)} MB more after ${JOBS} jobs than after a third of them`)
  expect(grownMb).toBeLessThan(2) // a hundred bytes kept of each job would be as much
  expect((await universe.queue.getStats()).succeeded).toBe(JOBS)
  await universe.close()
})
