import { Cron as Croner } from 'croner'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cron, nextWallTime, parsedCron } from '../src/cron.ts'
import { cronTimes, everyTimes } from '../src/next-run.ts'
import { assertProperty } from './assert-property.ts'
import { refusalOf } from './refusal-of.ts'

/** The next times after this one. */
function timesOf(cron: string, timeZone: string, after: string, count: number): string[] {
  const next = cronTimes(cron, timeZone)
  const times: string[] = []
  for (let at: Date | null = new Date(after); times.length < count; times.push(shortly(at))) {
    at = next(at)
    if (at === null) break
  }
  return times
}

function shortly(at: Date): string {
  return at.toISOString().replace(/(:00)?\.000Z$/, '')
}

// S85 in part: the rest is in the conformance suite
test('a local time that does not exist is due once, when the clock leaps over it', () => {
  const before = '2026-03-28T12:00:00Z'
  expect(timesOf('30 2 * * *', 'Europe/Berlin', before, 2)).toEqual(['2026-03-29T01:00', '2026-03-30T00:30'])
  expect(timesOf('*/15 2 * * *', 'Europe/Berlin', before, 2)).toEqual([
    '2026-03-29T01:00',
    '2026-03-30T00:00',
  ])
  expect(timesOf('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', 4)).toEqual([
    ...['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30', '2026-03-29T02:00'],
  ])
  // A whole day that never was.
  expect(timesOf('0 12 30 12 *', 'Pacific/Apia', '2011-12-01T00:00:00Z', 1)).toEqual(['2011-12-30T10:00'])
})

test('a local time that exists twice is due the first time only', () => {
  const before = '2026-10-24T12:00:00Z'
  expect(timesOf('30 2 * * *', 'Europe/Berlin', before, 2)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30'])
  expect(timesOf('30 1-3 * * *', 'Europe/Berlin', before, 4)).toEqual([
    ...['2026-10-24T23:30', '2026-10-25T00:30', '2026-10-25T02:30', '2026-10-26T00:30'],
  ])
  // Asked from within the repetition.
  expect(timesOf('*/20 * * * *', 'Europe/Berlin', '2026-10-25T01:05:00Z', 2)).toEqual([
    ...['2026-10-25T02:00', '2026-10-25T02:20'],
  ])
  expect(timesOf('0 * * * *', 'Australia/Lord_Howe', '2026-04-04T13:30:00Z', 3)).toEqual([
    ...['2026-04-04T14:00', '2026-04-04T15:30', '2026-04-04T16:30'],
  ])
})

test('days by month and by weekday are days of either kind, and with a plus of both', () => {
  const from = '2026-01-01T00:00:00Z'
  const days = (cron: string, count: number) =>
    timesOf(cron, 'UTC', from, count).map((time) => time.slice(5, 10))
  expect(days('0 0 10 * MON', 3)).toEqual(['01-05', '01-10', '01-12'])
  expect(days('0 0 10 * +SAT', 2)).toEqual(['01-10', '10-10'])
  expect(days('0 0 L * *', 2)).toEqual(['01-31', '02-28'])
  expect(days('0 0 LW * *', 2)).toEqual(['01-30', '02-27'])
  expect(days('0 0 10W * *', 2)).toEqual(['01-09', '02-10'])
  expect(days('0 0 * * FRI#2', 2)).toEqual(['01-09', '02-13'])
  expect(days('0 0 * * 5L', 2)).toEqual(['01-30', '02-27'])
  expect(days('0 0 29 2 *', 2)).toEqual(['02-29', '02-29'])
})

test('six fields begin with the seconds', () => {
  expect(timesOf('*/20 59 23 31 12 *', 'UTC', '2026-06-01T00:00:00Z', 3)).toEqual([
    ...['2026-12-31T23:59', '2026-12-31T23:59:20', '2026-12-31T23:59:40'],
  ])
})

test('an interval counts from its anchor, however late it is asked', () => {
  const next = everyTimes(1_500, new Date(1_000))
  expect([1_000, 1_001, 2_499, 2_500, 9_999].map((ms) => next(new Date(ms))?.getTime())).toEqual([
    ...[2_500, 2_500, 2_500, 4_000, 10_000],
  ])
})

/** One field: a star, a value, a list, a range or a step of either. */
function fieldFrom(low: number, high: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: low, max: high })
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: high - low })
  return fc.oneof(
    fc.constant('*'),
    value.map(String),
    range,
    fc
      .array(fc.oneof(value.map(String), range), { minLength: 1, maxLength: 4 })
      .map((items) => items.join(',')),
    step.map((n) => `*/${n}`),
    fc
      .tuple(range, fc.integer({ min: 1, max: 5 }))
      .map(([r, n]) => `${r}/${Math.min(n, Math.max(1, high - low))}`),
  )
}

// Every month has these days, so that each of them fires.
const crons = fc
  .tuple(
    ...[
      fieldFrom(0, 59),
      fieldFrom(0, 59),
      fieldFrom(0, 23),
      fieldFrom(1, 28),
      fieldFrom(1, 12),
      fieldFrom(0, 6),
    ],
  )
  .chain((fields) => fc.boolean().map((seconds) => fields.slice(seconds ? 0 : 1).join(' ')))
const zones = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata'],
  ...[
    'Pacific/Apia',
    'America/Santiago',
    'Africa/Casablanca',
    'Asia/Tehran',
    'Europe/London',
    'Pacific/Chatham',
  ],
)
const moments = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2035, 0) }).map((ms) => new Date(ms))

test('over 10,000 expressions and zones the next time is later and shows the fields, on a clock that shows it', () => {
  assertProperty(
    fc.property(crons, zones, moments, (cron, zone, from) => {
      const next = cronTimes(cron, zone)
      const utc = cronTimes(cron)
      for (let after = from, n = 0; n < 2; n++) {
        const at = next(after) as Date
        expect(at.getTime()).toBeGreaterThan(after.getTime())
        const shown = wallTime(at, zone)
        const named = utc(new Date(shown.getTime() - 1_000)) as Date
        // In its own fields, or the end of a gap, in which the clock leapt over what it names.
        const leapt = wallTime(new Date(at.getTime() - 1_000), zone)
        if (named.getTime() !== shown.getTime()) {
          expect(shown.getTime() - leapt.getTime()).toBeGreaterThan(1_000)
          expect((utc(leapt) as Date).getTime()).toBeLessThan(shown.getTime())
        }
        after = at
      }
    }),
    { numRuns: 10_000 },
  )
}, 240_000)

test('where clocks never change it is what croner finds', () => {
  assertProperty(
    fc.property(crons, moments, (cron, from) => {
      const theirs = new Croner(cron, { timezone: 'UTC', paused: true }).nextRun(from)
      expect(cronTimes(cron)(from)).toEqual(theirs)
    }),
    { numRuns: 1_000 },
  )
})

const formats = new Map<string, Intl.DateTimeFormat>()
/** What the clocks of a zone show, as if of UTC, by another way than the one that is tested. */
function wallTime(at: Date, timeZone: string): Date {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  formats.set(timeZone, format)
  return new Date(`${format.format(at).replace(' ', 'T')}Z`)
}

test.each([
  ...['', '* * * *', '* * * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8'],
  ...[
    '*/0 * * * *',
    '5-1 * * * *',
    '1,,2 * * * *',
    '@daily',
    '@reboot',
    '٣ * * * *',
    'H * * * *',
    '0 0 W * *',
  ],
  ...['0 0 * * *; drop table job', "0 0 * * *'", '1e1 * * * *', '0 0 * * #', '0 0 0 1 1 * 2030'],
  ...[
    `${'1,'.repeat(5_000)}1 * * * *`,
    `${'* '.repeat(61)}`,
    ' '.repeat(10_240),
    '*'.repeat(250),
    '1-'.repeat(120),
  ],
  ...[`${'0-59,'.repeat(49)}x * * * *`, 7, null, {}],
])('%o is no cron, and is refused', (text) => {
  expect(refusalOf(() => cronTimes(text as string))).toMatchObject({
    reason: 'invalid_cron',
    path: 'spec.cron',
  })
})

test('no cron is longer than 256 characters, so that none takes long to read', () => {
  const longest = `${'1,'.repeat(123)}11 * * * *`
  expect(longest).toHaveLength(256)
  expect(cronTimes(longest)(new Date('2026-01-01T00:00:00Z'))).toEqual(new Date('2026-01-01T00:01:00Z'))
  expect(refusalOf(() => cronTimes(` ${longest}`))).toMatchObject({ reason: 'invalid_cron' })
})

test.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 0 31 2 *', '0 0 31W 2,4 *'])(
  '%s never fires, for which each day of eight years is looked at once and no more',
  (text) => {
    const from = new Date('2026-01-01T00:00:00Z')
    expect(cronTimes(text, 'Europe/Berlin')(from)).toBeNull()
    const { next, days } = walked(text, from)
    expect(next).toBeNull()
    expect([days.length, new Set(days).size]).toEqual([8 * 366 + 1, 8 * 366 + 1])
  },
)

test('the longest that a cron can wait is eight years, for a day in February', () => {
  const { next, days } = walked('59 59 23 29 2 *', new Date('2096-03-01T00:00:00Z'))
  expect(next).toBe(Date.UTC(2104, 1, 29, 23, 59, 59))
  expect(days).toHaveLength(new Set(days).size)
})

/** The next time by UTC, and at which days it was looked for. */
function walked(text: string, from: Date): { next: number | null; days: readonly number[] } {
  const days: number[] = []
  const cron = parsedCron(text, 'spec.cron')
  const isDay: Cron['isDay'] = (day) => {
    days.push(day)
    return cron.isDay(day)
  }
  return { next: nextWallTime({ ...cron, isDay }, from.getTime()), days }
}

test.each(['', 'Mars/Olympus', '+25:00', '+01:00', 'x'.repeat(1_000), 'Europe/Berlin\0', 5, null])(
  '%o is no time zone',
  (zone) => {
    expect(refusalOf(() => cronTimes('* * * * *', zone as string))).toMatchObject({
      reason: 'invalid_time_zone',
      path: 'spec.timeZone',
    })
  },
)
