import { memoryUniverse } from '@jq/testing/conformance'
import { expect, inject, test } from 'vitest'
import { situations, transitions } from '../../testing/src/conformance/transitions.ts'
import { walksAgree } from './model/walks.ts'

/** An add has no job to meet yet, and the others wait for what no walk lets happen: deadlines, and bundles that delete themselves. */
const NOT_WALKED = ['add', 'reapOverdue', 'deleteOnSuccess']

test('in memory, a queue is what its model says after each step of random walks, which lead everywhere', {
  timeout: 1_800_000,
}, async () => {
  const met = await walksAgree(memoryUniverse, {
    clockGoesAhead: true,
    seed: inject('seed'),
    walks: inject('longForm') ? 20_000 : 300,
    withinMs: inject('longForm') ? 600_000 : 30_000,
  })
  const [commands, where] = [0, 1].map((part) => new Set([...met].map((pair) => pair.split(' · ')[part])))
  const walked = transitions.map(({ command }) => command).filter((one) => !NOT_WALKED.includes(one))
  expect(commands).toEqual(new Set(walked))
  expect(where).toEqual(new Set(situations))
})
