import { interleavings } from '@jq/testing/lab'
import { expect, test } from 'vitest'

test('interleavings are all merges that keep both orders', () => {
  expect(interleavings(['a', 'b'], [1])).toEqual([
    ['a', 'b', 1],
    ['a', 1, 'b'],
    [1, 'a', 'b'],
  ])
})

test('there are as many interleavings as combinatorics says, and no two are the same', () => {
  const merges = interleavings([1, 2, 3], ['a', 'b', 'c', 'd']).map((merge) => merge.join(''))
  expect(new Set(merges).size).toBe(35) // 7! / (3! 4!)
})

test('with nothing on one side there is one interleaving', () => {
  expect(interleavings([1, 2], [])).toEqual([[1, 2]])
  expect(interleavings([], [])).toEqual([[]])
})
