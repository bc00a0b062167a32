import { testSeed } from '@jq/testing'
import { expect, inject, test } from 'vitest'
import { allFaults } from '../src/faults/all-faults.ts'
import { reportOf } from '../src/report/report-run.ts'
import { runSeed } from '../src/run/run-seed.ts'

const SECONDS = inject('longForm') ? 60 : 5
const plain = allFaults.filter(({ on = ['plain'] }) => on.includes('plain'))

// P1, P3, P4, P6, P8, P14, P15, P20
test('a run under every kind of fault that a plain server allows breaks no rule', {
  timeout: 600_000,
}, async () => {
  const run = await runSeed({
    seed: testSeed(inject('seed')),
    seconds: SECONDS,
    faults: plain,
    swarm: false,
    tools: { libfaketime: null },
    cast: { workers: 2, producers: 2, restMs: 80 },
  })
  const report = reportOf(run)
  console.info(report)
  expect(run.violations, report).toEqual([])
  const landed = Object.values(run.faults).reduce((sum, fault) => sum + fault.landed, 0)
  expect(landed, 'a run in which no fault has landed proves nothing').toBeGreaterThan(0)
})
