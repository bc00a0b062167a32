import { expect, it } from 'vitest'
import type { Bench } from '../src/bench.ts'
import type { BenchCase, RatioWish } from '../src/bench-case.ts'
import { resultTable } from '../src/result-table.ts'
import { runCase } from '../src/run-case.ts'

const size = { smoke: false, scale: 1, hasRedis: true }

/** A case whose lanes answer what they are given, round by round. */
function caseOf(lanes: Record<string, readonly number[]>, ratios: readonly RatioWish[]): BenchCase {
  return {
    name: 'race',
    what: 'Who is first.',
    lanes: () =>
      Object.entries(lanes).map(([name, rates]) => {
        let round = 0
        return {
          name,
          measure: async () => {
            const rate = rates[round++] as number
            if (rate === 0) throw new Error('fell')
            return { rate }
          },
        }
      }),
    ratios,
  }
}

function run(benchCase: BenchCase, log: (line: string) => void = () => undefined) {
  return runCase({} as Bench, benchCase, size, 3, () => true, log)
}

it('The table shows medians, and ratios of the same round beside what is asked of them', async () => {
  const ratios = [{ of: 'hare', to: 'hedgehog', column: 'rate', floor: 3, goal: 20 }]
  const result = await run(caseOf({ hare: [1000, 30, 2000], hedgehog: [100, 10, 100] }, ratios))
  expect(resultTable(result)).toBe(`## race

Who is first.

|  | jobs/s |
| --- | ---: |
| hare | 1,000 |
| hedgehog | 100 |

| ratio | median | range | floor | goal |  |
| --- | ---: | ---: | ---: | ---: | ---: |
| hare : hedgehog (jobs/s) | 10 | 3–20 | ≥ 3 | ≥ 20 | reached |`)
})

it('A ratio below its floor is called missed, and a cost above it too', async () => {
  const ratios = [
    { of: 'hare', to: 'hedgehog', column: 'rate', floor: 11 },
    { of: 'hare', to: 'hedgehog', column: 'rate', floor: 9, atMost: true },
    { of: 'hedgehog', to: null, column: 'rate', floor: 9, atMost: true },
  ]
  const result = await run(caseOf({ hare: [100, 100, 100], hedgehog: [10, 10, 10] }, ratios))
  expect(result.ratios.map(({ verdict }) => verdict)).toEqual(['missed', 'missed', 'missed'])
})

it('What fails in one round is named, and counts in no median and no ratio', async () => {
  const ratios = [{ of: 'hare', to: 'hedgehog', column: 'rate' }]
  const result = await run(caseOf({ hare: [100, 0, 300], hedgehog: [10, 10, 10] }, ratios))
  expect(result.lanes[0]?.medians).toEqual({ rate: 200 })
  expect(result.ratios[0]?.ratio).toEqual({ median: 20, min: 10, max: 30 })
  expect(resultTable(result)).toContain('FAILED: hare: Error: fell')
})

it('The contenders are measured in turn, each round beginning with another one', async () => {
  const lines: string[] = []
  await run(caseOf({ a: [1, 1, 1], b: [1, 1, 1] }, []), (line) => lines.push(line.slice(5, 10)))
  expect(lines).toEqual(
    ['1/3 a', '1/3 b', '2/3 b', '2/3 a', '3/3 a', '3/3 b'].map((line) => line.slice(0, 5)),
  )
})
