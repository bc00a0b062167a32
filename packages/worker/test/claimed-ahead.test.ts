import type { ClaimedJob } from '@jq/core/internal'
import { expect, test } from 'vitest'
import { ClaimedAhead } from '../src/claimed-ahead.ts'

const claimed = (ahead: number) => ({ seq: String(ahead), attempt: 1, ahead, type: 'work' }) as ClaimedJob

test('what was claimed ahead begins in its order, up to the place that the database knows', () => {
  const ahead = new ClaimedAhead()
  for (const place of [1, 2, 3]) ahead.add(claimed(place))
  expect(ahead.take()).toBeUndefined()
  expect(ahead.isHeldUp).toBe(true)
  expect(ahead.tell(2)).toBe(2)
  expect(ahead.take()).toBeUndefined()
  ahead.told(2)
  expect([ahead.take(), ahead.take(), ahead.take()].map((one) => one?.claimed.ahead)).toEqual([
    1,
    2,
    undefined,
  ])
  expect(ahead.given).toBe(3)
})

test('while the database is told of a lower place nothing behind that begins', () => {
  const ahead = new ClaimedAhead()
  for (const place of [1, 2, 3, 4]) ahead.add(claimed(place))
  ahead.tell(4)
  ahead.told(4)
  expect(ahead.take()?.claimed.ahead).toBe(1)
  expect(ahead.tell(1)).toBe(2)
  expect([ahead.take()?.claimed.ahead, ahead.take()]).toEqual([2, undefined])
  ahead.told(2)
  expect(ahead.isHeldUp).toBe(true)
})
