import { expect, it } from 'vitest'
import { countRuns, RunCount } from '../src/run-count.ts'

it('Jobs that ran twice are told apart from different ones, in one process and in two', () => {
  const one = new RunCount()
  const other = new RunCount()
  for (const n of [0, 7, 20_000, 7]) one.add(n)
  for (const n of [1, 20_000]) other.add(n)
  expect(countRuns([one.runs, other.runs])).toEqual({ jobs: 4, repeats: 2 })
})
