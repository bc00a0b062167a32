import type { ClaimedJob } from '@jq/core/internal'
import { expect, test } from 'vitest'
import { ClaimedAhead } from '../src/claimed-ahead.ts'

const claimed = (ahead: number) => ({ seq: String(ahead), attempt: 1, ahead, type: 'work' }) as ClaimedJob

test('what was claimed ahead begins in its order, up to the place that the database knows', () => {
  const ahead = new ClaimedAhead()
  ahead.add([1, 2, 3].map(claimed))
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
})

test('while the database is told of a lower place nothing behind that begins', () => {
  const ahead = new ClaimedAhead()
  ahead.add([1, 2, 3, 4].map(claimed))
  ahead.tell(4)
  ahead.told(4)
  expect(ahead.take()?.claimed.ahead).toBe(1)
  expect(ahead.tell(1)).toBe(2)
  expect([ahead.take()?.claimed.ahead, ahead.take()]).toEqual([2, undefined])
  ahead.told(2)
  expect(ahead.isHeldUp).toBe(true)
})

test('what two claims bring begins in the order in which they left, whichever is answered first', () => {
  const ahead = new ClaimedAhead()
  expect([ahead.reserve(3), ahead.reserve(2)]).toEqual([0, 3])
  ahead.add([4, 5].map(claimed))
  ahead.free(3)
  ahead.tell(2)
  ahead.told(5)
  expect(ahead.take()).toBeUndefined()
  expect(ahead.isHeldUp).toBe(false)
  ahead.free(0)
  ahead.add([1, 2].map(claimed))
  expect([1, 2, 3, 4].map(() => ahead.take()?.claimed.ahead)).toEqual([1, 2, 4, 5])
})

test('what waits for a claim whose answer is lost begins as soon as that is known', () => {
  const ahead = new ClaimedAhead()
  const lost = ahead.reserve(3)
  ahead.add([claimed(ahead.reserve(1) + 1)])
  ahead.told(4)
  expect(ahead.take()).toBeUndefined()
  ahead.free(lost)
  expect(ahead.take()?.claimed.ahead).toBe(4)
})

test('the place of a job that is to come is that which its claim has kept for it', () => {
  const ahead = new ClaimedAhead()
  ahead.reserve(3)
  expect(ahead.tell(2)).toBe(2)
  ahead.reserve(3)
  ahead.free(0)
  expect([ahead.tell(1), ahead.tell(3), ahead.tell(4)]).toEqual([4, 6, 7])
})
