import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidInputError } from '../src/index.ts'
import { jsonText } from '../src/internal.ts'
import { anyText } from './any-text.ts'
import { assertProperty } from './assert-property.ts'
import { refusalOf } from './refusal-of.ts'

const text = (value: unknown) => jsonText(value, 'payload')

test.each([
  [null, 'null'],
  [true, 'true'],
  ['a "quoted" text', '"a \\"quoted\\" text"'],
  [1.5, '1.5'],
  [-0, '0'],
  [[1, [2]], '[1,[2]]'],
  [{ a: { b: null } }, '{"a":{"b":null}}'],
  [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['😀', '"😀"'],
])('%j is stored as %s', (value, stored) => {
  expect(text(value)).toBe(stored)
})

test('a property that is undefined is left out', () => {
  expect(text({ a: 1, b: undefined })).toBe('{"a":1}')
})

test('a Date is stored as ISO text', () => {
  expect(text({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
})

test('what has a JSON form of its own is stored in it', () => {
  expect(text({ url: new URL('https://example.com/a') })).toBe('{"url":"https://example.com/a"}')
})

test('the keys __proto__ and constructor are data, and pollute nothing', () => {
  const json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
  expect(text(JSON.parse(json))).toBe(json)
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
})

class Money {
  cents = 5
}
class Empty extends Money {
  override cents = 0
}

// S02, and what else JSON or PostgreSQL would lose or change in silence
test.each<[what: string, value: unknown, reason: string, path: string]>([
  ['U+0000 in a value', { a: 'x\0y' }, 'nul_character', 'payload.a'],
  ['U+0000 in a key', { 'x\0y': 1 }, 'nul_character', 'payload.x\0y'],
  ['half a character in a value', { a: ['ok', 'x\ud83d'] }, 'lone_surrogate', 'payload.a[1]'],
  ['half a character in a key', { '\udc00': 1 }, 'lone_surrogate', 'payload.\udc00'],
  ['a bigint', { user: { id: 5n } }, 'bigint', 'payload.user.id'],
  ['NaN', { a: Number.NaN }, 'not_finite', 'payload.a'],
  ['Infinity', [Number.POSITIVE_INFINITY], 'not_finite', 'payload[0]'],
  ['-Infinity', Number.NEGATIVE_INFINITY, 'not_finite', 'payload'],
  ['undefined', undefined, 'undefined_value', 'payload'],
  ['a function', () => 1, 'undefined_value', 'payload'],
  ['a symbol', Symbol('s'), 'undefined_value', 'payload'],
  ['a function as a property', { a: { run() {} } }, 'undefined_value', 'payload.a.run'],
  ['undefined in an array', { a: [1, undefined] }, 'undefined_value', 'payload.a[1]'],
  ['a hole in an array', { a: new Array(1) }, 'undefined_value', 'payload.a[0]'],
  ['a Map', { a: new Map([['k', 1]]) }, 'not_plain', 'payload.a'],
  ['a Set', new Set([1]), 'not_plain', 'payload'],
  ['an Error', { a: new Error('lost') }, 'not_plain', 'payload.a'],
  ['a RegExp', { a: /x/ }, 'not_plain', 'payload.a'],
  ['an instance of a class', { price: new Money() }, 'not_plain', 'payload.price'],
  ['an instance of a derived class', { price: new Empty() }, 'not_plain', 'payload.price'],
  ['a boxed string', { a: Object('text') }, 'not_plain', 'payload.a'],
  ['a Buffer', { a: Buffer.from('x') }, 'binary', 'payload.a'],
  ['a typed array', { a: new Float64Array(1) }, 'binary', 'payload.a'],
  ['a DataView', { a: new DataView(new ArrayBuffer(1)) }, 'binary', 'payload.a'],
  ['an ArrayBuffer', { a: new ArrayBuffer(1) }, 'binary', 'payload.a'],
  ['an invalid Date', { at: new Date('no') }, 'invalid_date', 'payload.at'],
  ['a getter that throws', { a: withGetter() }, 'unreadable', 'payload.a.secret'],
  ['a toJSON that throws', { a: { toJSON: fail } }, 'unreadable', 'payload.a'],
  ['a proxy that throws', { a: new Proxy({}, { ownKeys: fail }) }, 'unreadable', 'payload.a'],
  ['a revoked proxy', { a: revoked() }, 'unreadable', 'payload.a'],
  ['a toJSON that answers a Date', { a: { toJSON: () => new Date(0) } }, 'not_plain', 'payload.a'],
  ['a toJSON that answers nothing', { a: { toJSON() {} } }, 'undefined_value', 'payload.a'],
])('%s is refused', (_, value, reason, path) => {
  expect(refusalOf(() => text(value))).toMatchObject({ reason, path })
})

test('the refusal of half a character says where it stands', () => {
  expect(refusalOf(() => text('😀x\ud83d')).message).toContain('at index 3,')
})

test('an object that contains itself is refused', () => {
  const parent: Record<string, unknown> = { children: [] }
  ;(parent.children as unknown[]).push({ parent })
  expect(refusalOf(() => text(parent))).toMatchObject({ reason: 'cycle', path: 'payload.children[0].parent' })
})

test('the same object in two places is no cycle', () => {
  const same = { a: 1 }
  expect(text([same, same])).toBe('[{"a":1},{"a":1}]')
})

test('a hundred levels are stored, one more is refused, and so are fifty thousand', () => {
  expect(text(nested(100))).toHaveLength(200)
  expect(refusalOf(() => text(nested(101)))).toMatchObject({ reason: 'too_deep' })
  expect(refusalOf(() => text(nested(50_000)))).toMatchObject({ reason: 'too_deep' })
})

test('1 MiB of JSON is stored, one character more is refused', () => {
  const quotes = 2
  expect(text('x'.repeat(1024 * 1024 - quotes))).toHaveLength(1024 * 1024)
  expect(refusalOf(() => text('x'.repeat(1024 * 1024 - quotes + 1)))).toMatchObject({
    reason: 'too_large',
    path: 'payload',
  })
})

test('the path begins with the name of the part', () => {
  expect(refusalOf(() => jsonText({ a: 1n }, 'result')).path).toBe('result.a')
})

test('what JSON can hold comes back as it was', () => {
  assertProperty(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      // JSON.stringify writes -0 as 0.
      expect(JSON.parse(text(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('whatever value there is, it is stored as lasting JSON or refused with its path', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
    key: anyText,
    values: [fc.boolean(), fc.double(), anyText, fc.constant(undefined), fc.constant(null)],
  })
  assertProperty(
    fc.property(anything, (value) => {
      try {
        const stored = text(value)
        expect(JSON.stringify(JSON.parse(stored))).toBe(stored)
      } catch (error) {
        if (!(error instanceof InvalidInputError && error.path.startsWith('payload'))) throw error
      }
    }),
  )
})

function nested(levels: number): unknown[] {
  let value: unknown[] = []
  for (let level = 1; level < levels; level++) value = [value]
  return value
}

function withGetter(): object {
  return Object.defineProperty({}, 'secret', { enumerable: true, get: fail })
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function fail(): never {
  throw new Error('not today')
}
