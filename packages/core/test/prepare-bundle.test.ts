import { expect, test } from 'vitest'
import { z } from 'zod'
import { type BundleSpec, defineJob } from '../src/index.ts'
import { prepareBundle } from '../src/internal.ts'
import { refusalOf } from './refusal-of.ts'

const tell = defineJob('tell-owner', { payload: z.string() })
const uuid = 'ec5c12dc-dbab-5900-b57f-91971a6c5b9b'
const bundleOf = (given: object = {}) =>
  prepareBundle({ type: 'album', origin: 'upload', jobs: [], ...given } as BundleSpec)

test('a bundle is sealed and starts at once unless told otherwise', () => {
  expect(bundleOf()).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    type: 'album',
    origin: 'upload',
    startAt: null,
    sealed: true,
    whenStopped: [],
    deleteOnSuccess: false,
  })
})

test('a flag that is no boolean is refused: the text false would be true', () => {
  expect(refusalOf(() => bundleOf({ open: 'false' }))).toMatchObject({
    reason: 'not_a_boolean',
    path: 'bundle.open',
  })
  expect(refusalOf(() => bundleOf({ deleteOnSuccess: 0 }))).toMatchObject({
    reason: 'not_a_boolean',
    path: 'bundle.deleteOnSuccess',
  })
})

test('a bundle keeps its id and its start, and may stay open', () => {
  const startAt = new Date('2026-01-01T00:00:00Z')
  expect(bundleOf({ id: uuid.toUpperCase(), startAt, open: true })).toMatchObject({
    id: uuid,
    startAt,
    sealed: false,
  })
})

test('the members are not read', () => {
  const jobs = {
    [Symbol.iterator]() {
      throw new Error('was read')
    },
  }
  expect(bundleOf({ jobs })).toMatchObject({ type: 'album' })
})

test("what runs when it stopped has the bundle's origin unless it names one", () => {
  const whenStopped = [tell.with('a'), tell.with('b', { origin: 'mine', runAfter: '1m' })]
  expect(bundleOf({ whenStopped }).whenStopped).toMatchObject([
    { type: 'tell-owner', payload: '"a"', origin: 'upload' },
    { type: 'tell-owner', payload: '"b"', origin: 'mine', runAfterMs: 60_000 },
  ])
})

test.each<[given: object, reason: string, path: string]>([
  [{ id: '17' }, 'invalid_id', 'bundle.id'],
  // S05
  [{ type: '' }, 'invalid_text', 'bundle.type'],
  [{ type: 'x'.repeat(101) }, 'too_long', 'bundle.type'],
  [{ type: 'a\0' }, 'invalid_text', 'bundle.type'],
  [{ type: undefined }, 'invalid_text', 'bundle.type'],
  [{ origin: '' }, 'invalid_text', 'bundle.origin'],
  [{ origin: 'x'.repeat(101) }, 'too_long', 'bundle.origin'],
  [{ origin: 'a\ud800' }, 'invalid_text', 'bundle.origin'],
  [{ startAt: new Date('no') }, 'invalid_date', 'bundle.startAt'],
  [{ startAt: new Date(8.64e15) }, 'invalid_date', 'bundle.startAt'],
  [{ whenStoped: [] }, 'unknown_option', 'bundle.whenStoped'],
  [{ whenStopped: tell.with('a') }, 'not_iterable', 'bundle.whenStopped'],
  [{ whenStopped: [tell.with('a'), null] }, 'undefined_value', 'bundle.whenStopped[1]'],
  [{ whenStopped: [{ type: 'a' }] }, 'undefined_value', 'bundle.whenStopped[0].payload'],
  [{ whenStopped: [tell.with('a', { id: uuid })] }, 'not_in_template', 'bundle.whenStopped[0].id'],
  [
    { whenStopped: [tell.with('a', { startAt: new Date() })] },
    'not_in_template',
    'bundle.whenStopped[0].startAt',
  ],
  [
    { whenStopped: [tell.with('a', { uniqueKey: 'a' })] },
    'not_in_template',
    'bundle.whenStopped[0].uniqueKey',
  ],
])('a bundle with %o is refused', (given, reason, path) => {
  expect(refusalOf(() => bundleOf(given))).toMatchObject({ reason, path })
})

test('nothing is no bundle', () => {
  expect(refusalOf(() => prepareBundle(undefined as never))).toMatchObject({
    reason: 'invalid_option',
    path: 'bundle',
  })
})
