import { expect, it } from 'vitest'
import { allCases } from '../src/cases/all-cases.ts'

const size = { smoke: false, scale: 1, hasRedis: true }

/** What is asked of the queue, as the tables print it. */
const asked = allCases.flatMap(({ name, ratios }) =>
  ratios
    .filter(({ floor, goal }) => floor !== undefined || goal !== undefined)
    .map(({ of, to, column, over, floor, goal, atMost }) => {
      const mark = (value: number | undefined) =>
        value === undefined ? '–' : `${atMost ? '≤' : '≥'} ${value}`
      const what = over ? `${column} : ${over}` : column
      return `${name} | ${[of, ...(to && to !== of ? [to] : [])].join(' : ')} | ${what} | ${mark(floor)} | ${mark(goal)}`
    }),
)

it('Every floor and every goal stands in one case, and none has moved', async () => {
  await expect(`${asked.join('\n')}\n`).toMatchFileSnapshot('floors.golden.txt')
})

it('Every ratio compares lanes that are there', () => {
  for (const benchCase of allCases) {
    const lanes = new Set(benchCase.lanes(size).map(({ name }) => name))
    const compared = benchCase.ratios.flatMap(({ of, to }) => [of, ...(to ? [to] : [])])
    expect(compared.filter((name) => !lanes.has(name))).toEqual([])
  }
})

it('Without Redis its lanes are left out, and no other', () => {
  const lanes = (hasRedis: boolean) =>
    allCases.flatMap((one) => one.lanes({ ...size, hasRedis }).map(({ name }) => `${one.name} ${name}`))
  expect(lanes(true).filter((name) => !name.includes('BullMQ'))).toEqual(lanes(false))
  expect(lanes(true).length).toBeGreaterThan(lanes(false).length)
})
