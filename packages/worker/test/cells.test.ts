import type { Job } from '@jq/core'
import { silentLogger } from '@jq/core/internal'
import { until } from '@jq/testing'
import { afterEach, expect, test, vi } from 'vitest'
import type { HandlerContext } from '../src/index.ts'
import { Cells } from '../src/isolation/cells.ts'
import { isolationOf } from '../src/isolation/isolated-options.ts'

afterEach(() => {
  vi.useRealTimers()
})

const file = new URL('isolated/pid.ts', import.meta.url)
const context: HandlerContext = {
  job: { id: 'a', type: 'isolated' } as Job<any>,
  fence: { jobId: 'a', attempt: 1 },
  signal: new AbortController().signal,
  log: silentLogger,
  setProgress: async () => undefined,
  transaction: async () => undefined,
}

test('a process that has had nothing to do for ten seconds ends, and one that had does not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const cells = new Cells(isolationOf(file, { in: 'process' }).settings)
  const pids = await Promise.all([cells.handler(1, context), cells.handler(2, context)])
  expect(new Set(pids).size).toBe(2)
  vi.advanceTimersByTime(9_999)
  const again = await cells.handler(3, context)
  vi.advanceTimersByTime(1)
  vi.useRealTimers()
  const [other] = pids.filter((pid) => pid !== again)
  await until('the other has ended', () => !isAlive(other))
  expect(isAlive(again)).toBe(true)
  await cells.end()
  expect(isAlive(again)).toBe(false)
})

test('a payload that cannot be sent is said, and costs no process', async () => {
  const cells = new Cells(isolationOf(file, { in: 'thread' }).settings)
  await expect(cells.handler(() => 1, context)).rejects.toThrow(
    /The parsed payload of isolated cannot be sent to a thread: .* Transform it in the handler/,
  )
  expect(await cells.handler(1, context)).toBe(process.pid)
  await cells.end()
})

test.each([
  ['./a.js', {}, 'invalid_file', 'file'],
  [new URL('https://example.com/a.js'), {}, 'invalid_file', 'file'],
  [new URL('isolated/none.ts', import.meta.url), {}, 'invalid_file', 'file'],
  [new URL('isolated', import.meta.url), {}, 'invalid_file', 'file'],
  [file, { in: 'fork' }, 'invalid_option', 'options.in'],
  [file, { memoryLimitMb: 0 }, 'invalid_count', 'options.memoryLimitMb'],
  [file, { env: 'PATH' }, 'invalid_option', 'options.env'],
  [file, { env: null }, 'invalid_option', 'options.env'],
  [file, { env: { A: 1 } }, 'invalid_option', 'options.env.A'],
] as const)('%s with %j is refused', (file, options, reason, path) => {
  expect(() => isolationOf(file as URL, options as object)).toThrow(expect.objectContaining({ reason, path }))
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
