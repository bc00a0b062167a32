import { afterEach, expect, test, vi } from 'vitest'
import { idFor } from '../src/index.ts'
import { checkedId, newId } from '../src/internal.ts'
import { refusalOf } from './refusal-of.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a new id is a UUID of version 7 that holds its time', () => {
  vi.useFakeTimers({ now: 0x0123456789ab })
  expect(newId()).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a later id sorts after an earlier one', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  const ids = Array.from({ length: 1_000 }, () => {
    vi.advanceTimersByTime(1)
    return newId()
  })
  expect(ids.filter((id, place) => place > 0 && id <= String(ids[place - 1]))).toEqual([])
})

test('ids of one millisecond differ', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  expect(new Set(Array.from({ length: 10_000 }, newId)).size).toBe(10_000)
})

test('idFor gives a UUID of version 5, the same for the same name for ever', () => {
  expect(idFor('invoice', '2026-17')).toBe('ec5c12dc-dbab-5900-b57f-91971a6c5b9b')
  expect(idFor('', '')).toBe(idFor('', ''))
  expect(idFor('invoice', 'ä 😀')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
})

test('idFor keeps namespace and name apart', () => {
  expect(idFor('ab', 'c')).not.toBe(idFor('a', 'bc'))
  expect(idFor('invoice', '1')).not.toBe(idFor('order', '1'))
})

test('an id is any UUID, kept in lower case', () => {
  const nil = '00000000-0000-0000-0000-000000000000'
  expect(checkedId(nil, 'id')).toBe(nil)
  expect(checkedId('EC5C12DC-DBAB-4900-B57F-91971A6C5B9B', 'id')).toBe('ec5c12dc-dbab-4900-b57f-91971a6c5b9b')
})

test.each([
  ['17'],
  [''],
  ['ec5c12dc-dbab-5900-b57f-91971a6c5b9b\n'],
  ['{ec5c12dc-dbab-5900-b57f-91971a6c5b9b}'],
  ['ec5c12dcdbab5900b57f91971a6c5b9b'],
  [17],
  [17n],
  [null],
  [undefined],
  [{}],
])('%o is no id', (id) => {
  expect(refusalOf(() => checkedId(id, 'options.id'))).toMatchObject({
    reason: 'invalid_id',
    path: 'options.id',
  })
})
