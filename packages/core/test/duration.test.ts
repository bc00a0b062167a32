import fc from 'fast-check'
import { expect, test } from 'vitest'
import { duration, InvalidInputError } from '../src/index.ts'
import { durationMs } from '../src/internal.ts'
import { anyText } from './any-text.ts'
import { assertProperty } from './assert-property.ts'
import { refusalOf } from './refusal-of.ts'

test.each([
  [0, 0],
  [1.5, 1.5],
  ['0ms', 0],
  ['250ms', 250],
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
] as const)('%j is %d milliseconds', (value, ms) => {
  expect(durationMs(value, 'timeout')).toBe(ms)
})

const aThousandYears = 1_000 * 365.25 * 86_400_000
const noDurations: unknown[] = [
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e18,
  aThousandYears + 1,
  '-1s',
  '+1s',
  '1e3s',
  '5 minutes',
  '5 m',
  '5min',
  '5S',
  's',
  '',
  '250',
  '.5s',
  '5.s',
  ' 5s',
  '٣s',
  '10000000d',
  null,
  true,
  10n,
  {},
  [5],
]

test.each(noDurations.map((value) => [value]))('%o is no duration', (value) => {
  expect(refusalOf(() => durationMs(value as number, 'timeout'))).toMatchObject({
    reason: 'invalid_duration',
    path: 'timeout',
  })
})

test('a thousand years are the longest duration', () => {
  expect(durationMs(aThousandYears, 'timeout')).toBe(aThousandYears)
})

test.each([
  ['250', 250],
  ['1.5', 1.5],
  ['90s', '90s'],
  [' 90s\n', '90s'],
  ['0.5h', '0.5h'],
  ['0', 0],
])('text %j gives %j', (text, value) => {
  expect(duration(text)).toBe(value)
})

test.each(['', ' ', '-5s', '+5s', '1e3', '1e3s', '0x10', '5 minutes', 'Infinity', 'NaN', '5s6', '1,5s'])(
  'text %j gives no duration',
  (text) => {
    expect(refusalOf(() => duration(text))).toMatchObject({ reason: 'invalid_duration', path: 'duration' })
  },
)

test('text that is too long a time shows as it was written', () => {
  expect(refusalOf(() => duration('1000000000000000000000s')).message).toContain('"1000000000000000000000s"')
})

test('every decimal number with a unit means the same as text and as a duration', () => {
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  const decimal = fc.stringMatching(/^\d{1,4}(\.\d{1,9})?$/)
  assertProperty(
    fc.property(decimal, fc.constantFrom('ms', 's', 'm', 'h', 'd'), (digits, unit) => {
      expect(durationMs(duration(`${digits}${unit}`), 'x')).toBe(Number(digits) * unitMs[unit])
      expect(duration(digits)).toBe(Number(digits))
    }),
  )
})

test('whatever text there is, it gives a duration or a refusal', () => {
  assertProperty(
    fc.property(anyText, (text) => {
      try {
        durationMs(duration(text), 'x')
      } catch (error) {
        if (!(error instanceof InvalidInputError) || error.reason !== 'invalid_duration') throw error
      }
    }),
  )
})
