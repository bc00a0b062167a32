import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { until } from '@jq/testing'
import { spawnProcess } from '@jq/testing/lab'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { createWorker, type IsolatedHandlerOptions, type JobWorker } from '../src/index.ts'
import { isolatedJob } from './isolated/isolated-job.ts'
import { hasty } from './lab/lab.ts'
import { labJob } from './lab/lab-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

const act = new URL('isolated/act.ts', import.meta.url)
const env = { NODE_OPTIONS: '--conditions=@jq/source' }

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let worker: JobWorker
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isolation-'))
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  writeFileSync(enough(), '')
  await worker?.stopThreads()
  expect(await universe.broken()).toEqual([])
  await universe.close()
  rmSync(folder, { recursive: true })
})

/** This file is made at the end at the latest, so that nothing spins for ever. */
const enough = () => join(folder, 'enough')
const spinning = () => isolatedJob.with({ does: 'spin', until: enough() })

/** It has begun, and turns no loop from here on. */
const spins = () => until('it spins', () => existsSync(`${enough()}.pid`), { within: '60s' })

async function started(options: IsolatedHandlerOptions): Promise<void> {
  worker = createWorker(universe.queue, hasty)
    .registerIsolated(isolatedJob, act, { env, ...options })
    .register(labJob, async (_, { job }) => ({ attempt: job.attempt, workerId: worker.id }))
  await worker.startThreads(4)
}

describe.each(['thread', 'process'] as const)('in a %s', (where) => {
  test('a handler that keeps a processor busy disturbs no other job', async () => {
    await started({ in: where })
    const [spinner] = await universe.queue.addMany([spinning()])
    await spins()
    const others = await universe.queue.addMany(
      Array.from({ length: 500 }, () => labJob.with({ does: 'end' })),
    )
    await until(
      'all others are done',
      async () => (await universe.queue.getStats()).succeeded === others.length,
      {
        within: '60s',
      },
    )
    for (const { id } of others) expect(await universe.queue.getJob(id)).toMatchObject({ attempt: 1 })
    const id = spinner?.id as string
    expect(await universe.queue.getJob(id)).toMatchObject({ state: 'running', attempt: 1 })
    writeFileSync(enough(), '')
    await until('it is done', async () => (await universe.queue.getJob(id))?.state === 'succeeded')
  })

  // S54
  test('a time-out kills a handler that never looks at its signal, and its thread takes the next job', async () => {
    await started({ in: where, concurrency: 1, maxTimeoutRetryCount: 0 })
    const [spinner, next] = await universe.queue.addMany([
      { ...spinning(), timeout: '2s' },
      isolatedJob.with({ does: 'return' }),
    ])
    const done = async (id = '') => (await universe.queue.getJob(id))?.stoppedAt
    await until('both have stopped', async () => (await done(spinner?.id)) && (await done(next?.id)), {
      within: '60s',
    })
    expect(await universe.queue.getJob(spinner?.id as string)).toMatchObject({ state: 'failed', attempt: 1 })
    expect(await universe.queue.getAttempts(spinner?.id as string)).toMatchObject([{ outcome: 'timedOut' }])
    expect(await universe.queue.getJob(next?.id as string)).toMatchObject({ state: 'succeeded' })
  })

  test('a stop kills what does not end, gives its job back, and leaves nothing running', async () => {
    await started({ in: where, concurrency: 1 })
    const [spinner] = await universe.queue.addMany([spinning()])
    await spins()
    const pid = Number(readFileSync(`${enough()}.pid`, 'utf8'))
    expect(await worker.finishThreads({ timeout: 1 })).toEqual({ finished: 0, released: 1 })
    expect(await universe.queue.getJob(spinner?.id as string)).toMatchObject({ state: 'available' })
    if (where === 'process') expect(isAlive(pid)).toBe(false)
    else await turn()
    expect(threadsAlive()).toBe(0)
  })
})

test('a process that spins ends with the worker that was killed', async () => {
  const lab = spawnProcess<{ said: string }>(new URL('isolated/worker-process.ts', import.meta.url), {
    args: [universe.url],
  })
  await universe.queue.addMany([spinning()])
  await spins()
  const pid = Number(readFileSync(`${enough()}.pid`, 'utf8'))
  expect(isAlive(pid)).toBe(true)
  await lab.kill()
  await until('it is gone', () => !isAlive(pid), { within: '30s' })
})

test('a process ends by itself once its worker has stopped', async () => {
  const lab = spawnProcess<{ said: string }>(new URL('isolated/worker-process.ts', import.meta.url), {
    args: [universe.url],
  })
  const [added] = await universe.queue.addMany([isolatedJob.with({ does: 'return' })])
  await until(
    'it is done',
    async () => (await universe.queue.getJob(added?.id as string))?.state === 'succeeded',
    {
      within: '60s',
    },
  )
  lab.signal('SIGTERM')
  expect(await lab.exited).toEqual({ code: 0, signal: null })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Of isolated handlers: what else has threads here is of the test's own machinery. */
function threadsAlive(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length - ports
}
const ports = process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length
