import { memoryUniverse } from '@jq/testing/conformance'
import { expect, inject, test } from 'vitest'
import { situations, transitions } from '../../testing/src/conformance/transitions.ts'
import { walksAgree } from './model/walks.ts'

/** What a walk must have met of the ticks of schedules, by what they do about those that were missed, and of the ends of their jobs. */
const TICKS = [
  ...['once: a job', 'once: waits', 'all: a job', 'all: waits'],
  ...['skip: a job', 'skip: left out', 'paused: waits'],
  ...['succeeded', 'failed', 'cancelled', 'dead'].map((end) => `a run ended: ${end}`),
]

test('in memory, a queue is what its model says after each step of random walks, which lead everywhere', {
  timeout: 1_800_000,
}, async () => {
  const met = await walksAgree(memoryUniverse, {
    clockGoesAhead: true,
    seed: inject('seed'),
    walks: inject('longForm') ? 20_000 : 600,
    withinMs: inject('longForm') ? 600_000 : 30_000,
  })
  const pairs = [...met].map((one) => one.split(' · ')).filter(({ length }) => length === 2)
  const [commands, where] = [0, 1].map((part) => new Set(pairs.map((pair) => pair[part])))
  // An add has no job to meet yet.
  const walked = transitions.map(({ command }) => command).filter((one) => one !== 'add')
  expect(new Set([...met].filter((one) => !one.includes(' · ')))).toEqual(new Set(TICKS))
  expect(commands).toEqual(new Set(walked))
  expect(where).toEqual(new Set(situations))
})
