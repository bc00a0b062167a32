import { expect, test } from 'vitest'
import type { Report } from '../src/failures-reporter.ts'
import type { Kill } from '../src/mutant.ts'
import { verdictOf } from '../src/verdict.ts'

const kill: Kill = { room: 'db', file: 'a.test.ts', test: 'one job', says: /expected 2 to be 1/ }
const reportOf = (state: 'passed' | 'failed', ...errors: string[]): Report => ({
  tests: [{ name: 'adds > make one job', state, errors }],
  others: [],
})

test('a test that fails as it should has noticed, and its line is kept', () => {
  const report = reportOf('failed', 'AssertionError: of jobs\nexpected 2 to be 1\nmore')
  expect(verdictOf(report, kill)).toEqual({ kind: 'red', message: 'expected 2 to be 1' })
})

test('a test that passes has noticed nothing, unless something else went wrong', () => {
  expect(verdictOf(reportOf('passed'), kill)).toEqual({ kind: 'green' })
  expect(verdictOf({ ...reportOf('passed'), others: ['an unhandled rejection'] }, kill).kind).toBe('broken')
})

test('what fails for another reason, does not run or does not start has noticed nothing either', () => {
  const refused = reportOf('failed', 'error: syntax error at or near "then"')
  expect(verdictOf(refused, kill)).toMatchObject({ kind: 'broken', message: /syntax error/ })
  const elsewhere: Report = {
    tests: [{ name: 'another', state: 'passed', errors: [] }],
    others: ['no such file'],
  }
  expect(verdictOf(elsewhere, kill)).toMatchObject({ kind: 'broken', message: /No test named "one job" ran/ })
  expect(verdictOf(null, kill, 'cannot find module')).toMatchObject({
    kind: 'broken',
    message: /cannot find/,
  })
})
