import { memoryUniverse } from '@jq/testing/conformance'
import { inject, test } from 'vitest'
import { walksAgree } from './model/walks.ts'

test('in memory, a queue is what its model says after each step of random walks', { timeout: 1_800_000 }, () =>
  walksAgree(memoryUniverse, {
    seed: inject('seed'),
    walks: inject('longForm') ? 20_000 : 300,
    withinMs: inject('longForm') ? 600_000 : 15_000,
  }),
)
