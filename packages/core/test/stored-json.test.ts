import { expect, test } from 'vitest'
import { storedJson } from '../src/internal.ts'

const beyond = `1${'0'.repeat(400)}`

test.each([
  [beyond, 'payload'],
  [`-${beyond}`, 'payload'],
  [`{"orders": [1, {"total": ${beyond}}]}`, 'payload.orders[1].total'],
])('a number that JavaScript cannot hold is refused by its place', (text, path) => {
  expect(storedJson(text, 'payload').refusal).toMatchObject({ reason: 'not_finite', path })
})

test.each([
  ['{"a":[1,-2.5,null,true,"x"]}'],
  [`"${beyond}"`],
  [`0.${'1'.repeat(400)}`],
  [`1${'0'.repeat(308)}`],
  [String(Number.MAX_VALUE)],
])('what it can hold is read', (text) => {
  expect(storedJson(text, 'payload')).toEqual({ value: JSON.parse(text) })
})

test('what is nested deeper than a stack holds is looked through all the same', () => {
  const deep = `${'['.repeat(50_000)}${beyond}${']'.repeat(50_000)}`
  expect(storedJson(deep, 'payload').refusal).toMatchObject({ reason: 'not_finite' })
})
