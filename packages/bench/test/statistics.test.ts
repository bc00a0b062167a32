import { describe, expect, it } from 'vitest'
import { median, pairedRatio, percentile } from '../src/statistics.ts'

describe('median', () => {
  it('is the middle one, in whatever order they come', () => {
    expect(median([10, 9, 2, 1, 100])).toBe(9)
  })

  it('lies between the two in the middle of an even number', () => {
    expect(median([1, 10, 4, 2])).toBe(3)
  })

  it('is no number where nothing was measured', () => {
    expect(median([])).toBeNaN()
  })
})

describe('percentile', () => {
  it('is the smallest value that so many percent do not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([percentile(hundred, 50), percentile(hundred, 99), percentile(hundred, 100)]).toEqual([
      50, 99, 100,
    ])
  })
})

describe('the paired ratio', () => {
  it('compares what was measured in the same round', () => {
    expect(pairedRatio([10, 100, 1000], [5, 10, 1000])).toEqual({ median: 2, min: 1, max: 10 })
  })

  it('leaves out a round that lacks one of the two', () => {
    expect(pairedRatio([10, Number.NaN, 30], [5, 10, Number.NaN])).toEqual({ median: 2, min: 2, max: 2 })
  })
})
