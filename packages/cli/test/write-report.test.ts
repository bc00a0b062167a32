import { createHash } from 'node:crypto'
import type { Job } from '@jq/core'
import { expect, test } from 'vitest'
import { writeReport } from '../src/demo/write-report.ts'

const one = { bytes: 10, lines: 2, words: 3, sha256: 'aa' }

function member(path: string, rest: Partial<Job> = {}): Job {
  const payload = { folder: '/f', path, stumbles: false }
  const usual = {
    state: 'succeeded',
    attempt: 1,
    currentRetryCount: 0,
    crashCount: 0,
    errorMsg: null,
    result: one,
  }
  return { type: 'demo/count-file', payload, ...usual, ...rest } as Job
}

async function* inOrder(...members: Job[]): AsyncGenerator<Job> {
  yield* members
}

test('a report adds up what was counted and how often it was tried', async () => {
  const report = await writeReport(
    inOrder(
      member('a'),
      member('b', { attempt: 2, currentRetryCount: 1, result: { ...one, sha256: 'bb' } }),
      member('c\\xff', { attempt: 3, crashCount: 2, result: { ...one, sha256: 'cc' } }),
    ),
  )
  expect(report).toEqual({
    files: 3,
    bytes: 30,
    lines: 6,
    words: 9,
    sha256: createHash('sha256')
      .update('aa  a\nbb  b\ncc  c')
      .update(Buffer.of(0xff))
      .update('\n')
      .digest('hex'),
    jobs: 3,
    attempts: 6,
    retries: 1,
    crashes: 2,
    recovered: 1,
    failed: 0,
    failures: [],
  })
})

test('files that could not be counted are no part of the totals; ten of them are named', async () => {
  const lost = {
    state: 'failed',
    attempt: 4,
    currentRetryCount: 3,
    crashCount: 1,
    errorMsg: 'gone',
    result: null,
  } as const
  const report = await writeReport(
    inOrder(member('a'), ...Array.from({ length: 12 }, (_, n) => member(`lost-${n}`, lost))),
  )
  expect(report).toMatchObject({
    files: 1,
    bytes: 10,
    jobs: 13,
    attempts: 49,
    retries: 36,
    crashes: 12,
    recovered: 0,
    failed: 12,
  })
  expect(report.failures).toHaveLength(10)
  expect(report.failures[9]).toEqual({ path: 'lost-9', reason: 'gone' })
})

test('the report of nothing is zeros and the hash of nothing', async () => {
  const report = await writeReport(inOrder())
  expect(report).toMatchObject({ files: 0, bytes: 0, lines: 0, words: 0, jobs: 0, attempts: 0, failed: 0 })
  expect(report.sha256).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})
