import { seededRandom, testSeed } from '@jq/testing'
import { describe, expect, test } from 'vitest'

describe('seededRandom', () => {
  test('gives the same numbers for the same seed, on every machine', () => {
    const { next } = seededRandom(1)
    expect([next(), next(), next()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522])
  })

  test('gives other numbers for another seed', () => {
    const sequences = [0, 1, 2, 2 ** 32 - 1].map((seed) => seededRandom(seed).integer(0, 1_000_000))
    expect(new Set(sequences).size).toBe(4)
  })

  test('integers reach both bounds and nothing beyond', () => {
    const { integer } = seededRandom(2)
    const drawn = Array.from({ length: 1_000 }, () => integer(-1, 2))
    expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
  })

  test('picks every element sooner or later', () => {
    const { pick } = seededRandom(3)
    expect(new Set(Array.from({ length: 100 }, () => pick(['a', 'b', 'c'])))).toEqual(
      new Set(['a', 'b', 'c']),
    )
    expect(() => pick([])).toThrow(RangeError)
  })

  test('a shuffle holds the same elements and leaves its list alone', () => {
    const list = [1, 2, 3, 4, 5]
    expect(seededRandom(4).shuffle(list).sort()).toEqual(list)
    expect(list).toEqual([1, 2, 3, 4, 5])
  })

  test('a shuffle gives all orders about equally often', () => {
    const { shuffle } = seededRandom(5)
    const counts = new Map<string, number>()
    for (let times = 0; times < 6_000; times++) {
      const order = shuffle(['a', 'b', 'c']).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('testSeed', () => {
  test('is another each time', () => {
    expect(testSeed()).not.toBe(testSeed())
  })

  test('is the fixed one where there is one', () => {
    expect(testSeed(0)).toBe(0)
  })
})
