import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Bench } from '../src/bench.ts'
import { allCases } from '../src/cases/all-cases.ts'
import { documented, missedFloors } from '../src/documented.ts'
import { runCase } from '../src/run-case.ts'
import { newestIn, newestOfEach } from '../src/write-docs.ts'
import type { Results } from '../src/write-results.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const performance = read('docs/performance.md')
const newest = await newestOfEach()

for (const [path, page] of [
  ['docs/performance.md', performance],
  ['README.md', read('README.md')],
] as const) {
  it(`The figures in ${path} are the newest of each case`, () => {
    expect(page).toContain('<!-- bench:numbers -->')
    // `npm run bench -- --write-docs` writes them.
    expect(page).toBe(documented(page, newest))
  })
}

it('Each floor that was missed has its profile and three attempts written down', () => {
  const lacking = missedFloors(newest).filter(({ title }) => !isExplained(title))
  expect(lacking.map(({ title }) => title)).toEqual([])
})

/** Whether a section of that title tells of a profile, and numbers three attempts. */
function isExplained(title: string): boolean {
  const section = performance.split(/^### /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  return /profile/i.test(section) && ['1. ', '2. ', '3. '].every((number) => section.includes(`\n${number}`))
}

describe('A page', () => {
  it('tells the headlines, all tables and what was missed, and keeps the rest', async () => {
    const results = newestIn([await madeUp(1)])
    const page = `before\n${emptyBlock('numbers')}\nbetween\n${emptyBlock('missed')}\n${emptyBlock('tables')}\nafter\n`
    const told = documented(page, results)
    expect(told).toMatch(/^before\n<!-- bench:numbers -->\n\|/)
    expect(told).toContain('| jobs/s added one by one, 10 callers | 1 | 1 | 1 | 1 |')
    expect(told).toContain('- 🔴 add: ours 10c : graphile-worker 10c (jobs/s): 1 where 10 is asked')
    expect(told).toContain('\n### add\n')
    expect(told).toContain('Commit abc.')
    expect(told).toMatch(/<!-- \/bench:tables -->\nafter\n$/)
    expect(documented(told, results)).toBe(told)
  })

  it('says so where nothing was missed, and where there is no run', async () => {
    const run = await madeUp(1)
    const fast = newestIn([{ ...run, cases: run.cases.filter(({ name }) => name === 'handlers') }])
    expect(documented(emptyBlock('missed'), fast)).toContain('\nNone.\n')
    expect(documented(emptyBlock('tables'), fast)).toContain('Not measured yet: `drain`, ')
    expect(documented(emptyBlock('tables'), [])).toContain('Nothing has been committed')
  })
})

it('Each case stands there as it was measured last; some lanes, fewer jobs or fewer rounds are not for the documentation', async () => {
  const run = await madeUp(1)
  const [first, ...others] = run.cases
  const later = { ...run, date: '2026-01-03', cases: run.cases.slice(0, 1) }
  const told = newestIn([run, later])
  expect(told.map(({ result }) => result.name)).toEqual([first, ...others].map((one) => one?.name))
  expect(told.map(({ run: { date } }) => date)).toEqual([later.date, ...others.map(() => run.date)])
  expect(newestIn([{ ...run, lanes: 'ours' }])).toEqual([])
  expect(newestIn([{ ...run, scale: 0.5 }])).toEqual([])
  expect(newestIn([{ ...run, rounds: 3 }])).toEqual([])
})

function emptyBlock(name: string): string {
  return `<!-- bench:${name} -->\n<!-- /bench:${name} -->`
}

/** A run in which everybody was as fast. */
async function madeUp(rate: number): Promise<Results> {
  const size = { smoke: false, scale: 1, hasRedis: true }
  const measure = async () => ({ rate, p50: rate, p99: rate, 'statements/s': rate })
  const cases = allCases.map((one) => ({
    ...one,
    lanes: () => one.lanes(size).map(({ name }) => ({ name, measure })),
  }))
  const results = cases.map((one) =>
    runCase(
      {} as Bench,
      one,
      size,
      5,
      () => true,
      () => undefined,
    ),
  )
  return {
    date: '2026-01-02T03:04:05.678Z',
    commit: 'abc',
    machine: 'a machine',
    loadBefore: 0,
    versions: { node: 'v24' },
    rounds: 5,
    scale: 1,
    lanes: null,
    cases: await Promise.all(results),
  }
}
