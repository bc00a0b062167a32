import { readFileSync } from 'node:fs'
import { seededRandom } from '@jq/testing'
import { expect, test } from 'vitest'
import { judge, type Kind, type Series } from '../src/soak/series.ts'
import { longestSoak, type SoakResult } from '../src/soak/soak-result.ts'
import { breaches, soakDocumented, soakTable } from '../src/soak/soak-table.ts'
import { trendOf } from '../src/soak/trend.ts'

const MB = 2 ** 20
/** Half an hour, a value every ten seconds. */
const seconds = Array.from({ length: 180 }, (_, place) => (place + 1) * 10)
const hours = seconds.map((at) => at / 3_600)

test('noise is flat, whatever its seed', () => {
  const grown = Array.from({ length: 100 }, (_, seed) => noise(seed, 50 * MB, 5 * MB)).filter(
    (values) => judgeOf('memory', values).verdict !== 'flat',
  )
  // One in a hundred looks like a trend, and has to be material too.
  expect(grown.length).toBeLessThanOrEqual(1)
})

test('a leak of a fifth an hour is found in noise, and how large it is', () => {
  const found = Array.from({ length: 100 }, (_, seed) => {
    const values = noise(seed, 50 * MB, 2 * MB)
    return judgeOf(
      'memory',
      values.map((value, place) => value + (hours[place] as number) * 10 * MB),
    )
  }).filter(({ isBreach }) => isBreach)
  // One that noise hides in this half hour shows in the next.
  expect(found.length).toBeGreaterThanOrEqual(95)
  for (const { perHour } of found) expect(Math.abs(perHour / MB - 10)).toBeLessThan(6)
})

test('a trend is not bent by a quarter of wild values', () => {
  const wild = hours.map((at, place) => ({ at, value: place % 4 === 0 ? 1e9 : 100 + at }))
  expect(trendOf(wild).perHour).toBeCloseTo(1, 1)
})

test('what grows in the first third alone is flat', () => {
  const filling = seconds.map((at) => Math.min(at, 600) * MB)
  expect(judgeOf('size', filling).verdict).toBe('flat')
})

test('what upkeep clears away once a minute is flat', () => {
  const swinging = seconds.map((at) => (20 + ((at % 60) / 10) * 5) * MB)
  expect(judgeOf('size', swinging).verdict).toBe('flat')
})

test('what grows for certain, but by less than a tenth an hour, is flat', () => {
  expect(
    judgeOf(
      'memory',
      hours.map((at) => (100 + 5 * at) * MB),
    ).verdict,
  ).toBe('flat')
})

test('a page more of a small table is flat', () => {
  expect(
    judgeOf(
      'size',
      seconds.map((at) => (at < 1_200 ? 16_384 : 24_576)),
    ).verdict,
  ).toBe('flat')
})

test('one connection more and more is a breach, and a longer wait is told', () => {
  const rising = hours.map((at) => Math.floor(20 + 20 * at))
  expect(judgeOf('connections', rising)).toMatchObject({ verdict: 'grows', isBreach: true })
  expect(judgeOf('wait', rising)).toMatchObject({ verdict: 'grows', isBreach: false })
})

test('what falls is told, and is no breach', () => {
  expect(
    judgeOf(
      'memory',
      hours.map((at) => (100 - 50 * at) * MB),
    ),
  ).toMatchObject({
    verdict: 'falls',
    isBreach: false,
  })
})

test('moments at which nothing was measured are left out', () => {
  expect(
    judgeOf(
      'wait',
      seconds.map((_, place) => (place % 2 ? 5 : null)),
    ),
  ).toMatchObject({ median: 5, verdict: 'flat' })
})

test('the table names what grows, and sums up what is small', () => {
  const result = soakOf([
    { name: 'worker 1: heap in use', kind: 'memory', values: hours.map((at) => (50 + 20 * at) * MB) },
    { name: 'table job', kind: 'size', values: seconds.map(() => 30 * MB) },
    { name: 'table keeping', kind: 'size', values: seconds.map(() => 8_192) },
    { name: 'table worker', kind: 'size', values: seconds.map(() => 8_192) },
  ])
  const table = soakTable(result)
  expect(table).toMatch(/^\| worker 1: heap in use \| 5\d\.\d MB \| \+20\.0 MB \| 🔴 grows \|$/m)
  expect(table).toContain('| table job | 30.0 MB |  | flat |')
  expect(table).toContain('| 2 other tables and indexes, each below 1 MB | | | flat |')
  expect(breaches(result).map(({ series }) => series.name)).toEqual(['worker 1: heap in use'])
})

test('a run that was too short to come to rest breaks nothing, and says so', () => {
  const growing = { name: 'table job', kind: 'size' as const, values: seconds.map((at) => at * MB) }
  const short = { ...soakOf([growing]), minutes: 2 }
  expect(breaches(short)).toEqual([])
  expect(soakTable(short)).toContain('Less than 10 minutes')
  expect(breaches(soakOf([growing]))).toHaveLength(1)
})

test('docs/reliability.md tells the longest soak that was kept', async () => {
  const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8')
  expect(page).toContain('<!-- soak:table -->')
  // `npm run soak -- --write-docs` writes it.
  expect(page).toBe(soakDocumented(page, await longestSoak()))
})

function judgeOf(kind: Kind, values: Series['values']) {
  return judge({ name: 'a series', kind, values }, seconds)
}

/** Around a middle, each value by itself. */
function noise(seed: number, middle: number, width: number): number[] {
  const random = seededRandom(seed)
  return seconds.map(() => middle + random.integer(-width, width))
}

function soakOf(series: readonly Series[]): SoakResult {
  return {
    date: '2026-01-02T03:04:05.678Z',
    commit: 'abc',
    machine: 'a machine',
    versions: { node: 'v24' },
    minutes: 30,
    calibrated: 2_001,
    rate: 1_000,
    added: 1_800_000,
    seconds,
    series,
  }
}
