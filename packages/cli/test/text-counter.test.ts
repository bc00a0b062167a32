import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FileCount, TextCounter } from '../src/demo/text-counter.ts'

test('an empty file has no bytes, no lines and no words', () => {
  const { bytes, lines, words, sha256 } = counted()
  expect({ bytes, lines, words }).toEqual({ bytes: 0, lines: 0, words: 0 })
  expect(sha256).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test('a last line without a newline is no line, and its words count', () => {
  expect(counted('one two\nthree')).toMatchObject({ bytes: 13, lines: 1, words: 3 })
})

test('a word that begins in one piece and ends in the next is one word', () => {
  expect(counted('one tw', 'o', ' thr', 'ee')).toMatchObject({ words: 3 })
  expect(counted('one', ' ', 'two')).toMatchObject({ words: 2 })
  expect(counted('one', '', 'two')).toMatchObject({ words: 1 })
})

test('all six kinds of white space part words, and nothing else does', () => {
  expect(counted('a\tb\nc\vd\fe\rf g')).toMatchObject({ words: 7 })
  expect(counted('a\u00a0b\u2003c\0d\u007fe\u0085f')).toMatchObject({ words: 1 })
})

test('any bytes, cut into any pieces, are counted as a naive reading of the whole counts them', () => {
  // Half of the bytes are white space or near it: evenly drawn ones would hardly hold any.
  const byte = fc.oneof(fc.integer({ min: 0x08, max: 0x21 }), fc.integer({ min: 0, max: 255 }))
  const pieces = fc.array(fc.array(byte, { maxLength: 20 }).map(Buffer.from), { maxLength: 10 })
  fc.assert(
    fc.property(pieces, (parts) => {
      expect(countedBytes(parts)).toEqual(naively(Buffer.concat(parts)))
    }),
  )
})

function counted(...pieces: string[]): FileCount {
  return countedBytes(pieces.map((piece) => Buffer.from(piece)))
}

function countedBytes(pieces: readonly Buffer[]): FileCount {
  const counter = new TextCounter()
  for (const piece of pieces) counter.add(piece)
  return counter.count()
}

function naively(bytes: Buffer): FileCount {
  const text = bytes.toString('latin1')
  return {
    bytes: bytes.length,
    lines: text.split('\n').length - 1,
    words: text.split(/[\t-\r ]+/).filter((word) => word !== '').length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}
