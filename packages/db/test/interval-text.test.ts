import { expect, test } from 'vitest'
import { intervalText } from '../src/statements/interval-text.ts'

test.for([
  [0, '0 hours 0 milliseconds'],
  [1_500.5, '0 hours 1500.5 milliseconds'],
  [30 * 86_400_000, '720 hours 0 milliseconds'],
  [10_000 * 365.25 * 86_400_000 + 1, '87660000 hours 1 milliseconds'],
] as const)('%d ms have no field that PostgreSQL 14 would refuse', ([ms, text]) => {
  expect(intervalText(ms)).toBe(text)
})
