import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameOfText, textOfName } from '../src/demo/file-name.ts'

test('a name in UTF-8 stays as it is', () => {
  for (const name of ['plain.txt', 'with space', `quote"s and 'more'`, 'Übung', '日本', '🎉', '%41', '�']) {
    expect(textOfName(Buffer.from(name))).toBe(name)
  }
})

test('bytes that are no UTF-8 are written as numbers, and what surrounds them stays', () => {
  expect(textOfName(Buffer.from([0x61, 0xff, 0xc3, 0xbc, 0xc3, 0x62]))).toBe('a\\xffü\\xc3b')
})

test('half a character, an overlong one and a surrogate are no UTF-8', () => {
  expect(textOfName(Buffer.from([0xf0, 0x9f, 0x8e]))).toBe('\\xf0\\x9f\\x8e')
  expect(textOfName(Buffer.from([0xc0, 0xaf]))).toBe('\\xc0\\xaf')
  expect(textOfName(Buffer.from([0xed, 0xa0, 0x80]))).toBe('\\xed\\xa0\\x80')
})

test('control characters are written as numbers, so that no name can play tricks on a terminal', () => {
  expect(textOfName(Buffer.from('a\nb\x1b[2Jc\u009b'))).toBe('a\\x0ab\\x1b[2Jc\\xc2\\x9b')
})

test('a backslash doubles, so that it is never taken for the beginning of a number', () => {
  expect(textOfName(Buffer.from('a\\xffb'))).toBe('a\\\\xffb')
  expect(nameOfText('a\\\\xffb')).toEqual(Buffer.from('a\\xffb'))
})

test('every name comes back as it was, from a text that JSON and PostgreSQL can hold', () => {
  // Most bytes are the makings of escapes and of broken UTF-8.
  const tricky = fc.constantFrom(...Buffer.from('\\x5cff0a'), 0x0a, 0x80, 0xbf, 0xc3, 0xe2, 0xed, 0xf0, 0xff)
  const names = fc.array(fc.oneof(tricky, fc.integer({ min: 1, max: 255 }))).map(Buffer.from)
  fc.assert(
    fc.property(names, (name) => {
      const text = textOfName(name)
      expect(nameOfText(JSON.parse(JSON.stringify(text)))).toEqual(name)
      expect(text.isWellFormed() && !/\p{Cc}/u.test(text)).toBe(true)
    }),
  )
})
