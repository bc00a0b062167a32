import { expect, test } from 'vitest'
import { Rotation } from '../src/rotation.ts'

test('others are asked for until each has come back short in a row', () => {
  const rotation = new Rotation(['new', 'old', 'older'])
  const asked: string[] = []
  const claim = (isShort: boolean) => {
    asked.push(rotation.current)
    return rotation.turn(isShort)
  }
  expect([true, true, false, true, true, true].map(claim)).toEqual([true, true, true, true, true, false])
  expect(claim(true)).toBe(true)
  expect(asked).toEqual(['new', 'old', 'older', 'new', 'old', 'older', 'new'])
})
