import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cronTimes, everyTimes, type NextRun } from '../src/next-run.ts'
import { type DueSchedule, planTicks } from '../src/plan-ticks.ts'
import { assertProperty } from './assert-property.ts'

const A_MINUTE = 60_000
const planned = new Date('2026-01-01T00:00:00Z')
const minutely = everyTimes(A_MINUTE, planned)

/** Due since `planned`, so many minutes ago. */
function due(minutes: number, given: Partial<DueSchedule> = {}): DueSchedule {
  return {
    ...{ name: 'n', key: '', revision: 1, misfire: 'once', noOverlap: true, planned, planFrom: null },
    ...{ cron: null, timeZone: null, everyMs: A_MINUTE, rule: null, unfinished: 0, room: null },
    now: new Date(planned.getTime() + minutes * A_MINUTE),
    ...given,
  }
}

/** In minutes after the one that was due first. */
function planOf(given: DueSchedule, rule: NextRun = minutely) {
  const { ticks, next, waits } = planTicks(given, rule)
  const minutes = (at: Date) => (at.getTime() - planned.getTime()) / A_MINUTE
  return { ticks: ticks.map(minutes), next: next && minutes(next), waits }
}

test('the latest tick is made up for, or each, or none that is late by more than a minute', () => {
  expect(planOf(due(3.5))).toEqual({ ticks: [3], next: 4, waits: false })
  expect(planOf(due(3.5, { misfire: 'all', noOverlap: false }))).toEqual({
    ticks: [0, 1, 2, 3],
    next: 4,
    waits: false,
  })
  expect(planOf(due(3.5, { misfire: 'all' }))).toEqual({ ticks: [0], next: 1, waits: false })
  const hourly = everyTimes(60 * A_MINUTE, planned)
  expect(planOf(due(1, { misfire: 'skip' }), hourly)).toEqual({ ticks: [0], next: 60, waits: false })
  expect(planOf(due(1.1, { misfire: 'skip' }), hourly)).toEqual({ ticks: [], next: 60, waits: false })
})

test('ticks that pass without a job are counted, and of very many so many as were walked past', () => {
  const missed = (given: DueSchedule) => planTicks(given, minutely).missed
  expect(missed(due(0))).toBe(0)
  expect(missed(due(3.5))).toBe(3)
  expect(missed(due(3.5, { misfire: 'all' }))).toBe(0)
  const hourly = everyTimes(60 * A_MINUTE, planned)
  expect(planTicks(due(62, { misfire: 'skip' }), hourly).missed).toBe(2)
  expect(missed(due(2.5, { misfire: 'skip', unfinished: 1 }))).toBe(3)
  expect(missed(due(2.5, { unfinished: 1 }))).toBe(0)
  expect(missed(due(999))).toBe(999)
  expect(missed(due(500_000))).toBeGreaterThanOrEqual(1_000)
})

test('while a run lasts, or the limit has no room, ticks wait, and are left out where none is made up for', () => {
  for (const held of [{ unfinished: 1 }, { unfinished: 1, noOverlap: false, room: 0 }]) {
    expect(planOf(due(3.5, held))).toEqual({ ticks: [], next: 0, waits: true })
    expect(planOf(due(3.5, { ...held, misfire: 'all' }))).toEqual({ ticks: [], next: 0, waits: true })
    expect(planOf(due(0, { ...held, misfire: 'skip' }))).toEqual({ ticks: [], next: 1, waits: false })
  }
  const overlapping = { unfinished: 3, noOverlap: false, misfire: 'all' } as const
  expect(planOf(due(9, { ...overlapping, room: 2 })).ticks).toEqual([0, 1])
  expect(planOf(due(500, overlapping))).toMatchObject({ ticks: { length: 100 }, next: 100 })
})

test('however long nobody ran, the latest tick is found, and the next one lies ahead', () => {
  const rules = [minutely, cronTimes('* * * * * *'), cronTimes('*/7 3-5 * * MON'), cronTimes('0 0 1 1 *')]
  const years = fc.integer({ min: 0, max: 5 * 365 * 1_440 })
  assertProperty(
    fc.property(fc.constantFrom(...rules), years, (rule, minutes) => {
      const given = due(minutes)
      const { ticks, next } = planTicks(given, rule)
      expect(next?.getTime()).toBeGreaterThan(given.now.getTime())
      expect(ticks).toHaveLength(1)
      expect(rule(ticks[0] as Date)).toEqual(next)
    }),
  )
})

test('a first time is looked for from its start on, and never behind the present', () => {
  const unplanned = (planFrom: Date) => due(3.5, { planned: null, planFrom })
  expect(planOf(unplanned(planned))).toEqual({ ticks: [], next: 4, waits: false })
  expect(planOf(unplanned(new Date(planned.getTime() + 7 * A_MINUTE)))).toMatchObject({ next: 8 })
})

test('a rule that ends has no next time, and one that does not rise is refused', () => {
  expect(planOf(due(3), () => null)).toEqual({ ticks: [0], next: null, waits: false })
  for (const bad of [(after: Date) => after, () => new Date(0), () => new Date('no'), () => 5 as never])
    expect(() => planTicks(due(3), bad)).toThrow(/later Date, or null/)
})
