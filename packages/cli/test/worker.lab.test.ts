import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@jq/testing'
import { expect, onTestFinished, test } from 'vitest'
import { anything, queueHere } from './queue-here.ts'
import { startJobqueue } from './start-jobqueue.ts'

/** A module of handlers in a folder of its own, within the workspace, so that it finds what it imports. */
function moduleWith(text: string): { file: string; write(text: string): void } {
  const folder = mkdtempSync(new URL('./.handlers-', import.meta.url).pathname)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'handlers.ts')
  const write = (text: string) =>
    writeFileSync(file, `import { defineJob } from '@jq/core'\nimport { z } from 'zod'\n${text}`)
  write(text)
  return { file, write }
}

const GATED = `
import { existsSync } from 'node:fs'
const anything = defineJob('anything', { payload: z.string() })
export default (worker) => worker.register(anything, async (gate, { signal }) => {
  while (!existsSync(gate)) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
})`

async function runningGatedJob() {
  const here = await queueHere()
  const { file } = moduleWith(GATED)
  const gate = `${file}.open`
  const { id } = await here.queue.add(anything, gate)
  const args = ['worker', 'run', file, '--json', '--probe-port', '0', '--grace', '1h', '--migrate', 'up']
  const { process: worker } = startJobqueue<{ finished: number; released: number }>(args, here.env)
  await until('the job runs', async () => (await here.queue.getJob(id))?.state === 'running', {
    within: '30s',
  })
  const started = await until('it says where its probes are', () =>
    eventIn(worker.stderr, 'probes.listening'),
  )
  return { ...here, id, worker, gate, url: String(started.url) }
}

test('the first SIGTERM lets what runs come to its end, and readiness goes down before', async () => {
  const { worker, queue, id, gate, url } = await runningGatedJob()
  const code = async (path: string) => (await fetch(url + path)).status
  expect(await Promise.all(['/livez', '/readyz', '/health', '/other'].map(code))).toEqual([
    200, 200, 200, 404,
  ])
  worker.signal('SIGTERM')
  await until('it is not ready any more', async () => (await code('/readyz')) === 503)
  expect(await Promise.all(['/livez', '/health'].map(code))).toEqual([200, 503])
  expect((await queue.getJob(id))?.state).toBe('running')
  writeFileSync(gate, '')
  expect(await worker.exited).toEqual({ code: 0, signal: null })
  expect(worker.events).toEqual([{ finished: 1, released: 0 }])
  expect(await queue.getJob(id)).toMatchObject({ state: 'succeeded', attempt: 1 })
})

test('the second SIGINT gives back what runs, at no cost', async () => {
  const { worker, queue, id } = await runningGatedJob()
  worker.signal('SIGINT')
  await until('it drains', () => eventIn(worker.stderr, 'worker.draining'))
  worker.signal('SIGINT')
  expect(await worker.exited).toEqual({ code: 130, signal: null })
  expect(worker.events).toEqual([{ finished: 0, released: 1 }])
  expect(await queue.getJob(id)).toMatchObject({ state: 'available', currentRetryCount: 0, crashCount: 0 })
})

test('worker dev begins anew when its module changes', async () => {
  const { queue, env } = await queueHere()
  const saying = (word: string) => `
const anything = defineJob('anything', { payload: z.unknown(), result: z.string() })
export default (worker) => worker.register(anything, () => '${word}')`
  const { file, write } = moduleWith(saying('before'))
  const { process: dev, family } = startJobqueue(['worker', 'dev', file], env)
  const resultOf = async () =>
    (await queue.getRunState((await queue.add(anything, {})).id)).waitUntilStopped()
  expect(await resultOf()).toBe('before')
  write(saying('after'))
  await until('the new code works', async () => (await resultOf()) === 'after', { within: '30s' })
  dev.signal('SIGTERM')
  expect((await dev.exited).code).not.toBeNull()
  await until('nobody is left', () => family().length === 0)
})

test('TypeScript that is more than types is compiled', async () => {
  const { queue, env } = await queueHere()
  const { file } = moduleWith(`
enum Word { Hello = 'hello' }
const anything = defineJob('anything', { payload: z.unknown(), result: z.string() })
export default (worker) => worker.register(anything, () => Word.Hello)`)
  const { id } = await queue.add(anything, {})
  const { process: worker } = startJobqueue(['worker', 'run', file, '--once', '--json'], env)
  expect(await worker.exited, worker.stderr).toEqual({ code: 0, signal: null })
  expect(worker.events).toEqual([{ run: 1 }])
  expect(await queue.getJob(id)).toMatchObject({ result: 'hello' })
})

/** A line of the log, by its event. */
function eventIn(log: string, event: string): Record<string, unknown> | undefined {
  const lines = log.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line)).find((line) => line.event === event)
}
