import { expect, test } from 'vitest'
import { allFaults } from '../src/faults/all-faults.ts'
import { planOf } from '../src/nemesis/plan.ts'

const order = { faults: allFaults, seconds: 25, swarm: true }
const plain = allFaults.filter(({ on = ['plain'] }) => on.includes('plain'))

test('a seed brings the same plan back', () => {
  expect(planOf(7, order)).toEqual(planOf(7, order))
  expect(planOf(7, order)).not.toEqual(planOf(8, order))
})

test('seeds switch off some classes, other seeds others, and none all of them', () => {
  const chosen = Array.from({ length: 50 }, (_, seed) => planOf(seed, order).faults)
  expect(chosen.every((names) => names.length > 0)).toBe(true)
  expect(chosen.some((names) => names.length < plain.length)).toBe(true)
  expect(new Set(chosen.flat())).toEqual(new Set(allFaults.map(({ name }) => name)))
})

test('whoever names classes has all of them, each by its own rhythm', () => {
  const plan = planOf(1, { faults: plain, seconds: 600, swarm: false })
  for (const { name, everyMs } of plain) {
    const times = plan.steps.filter(({ fault }) => fault === name).length
    expect(times / (600_000 / everyMs), name).toBeGreaterThan(0.6)
    expect(times / (600_000 / everyMs), name).toBeLessThan(1.6)
  }
})
