import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { BlackHoleSeen } from '../src/faults/black-hole.ts'
import type { LateWriteSeen } from '../src/faults/late-write.ts'
import { newestPeersResult, type SubjectSeen } from '../src/faults/peers-result.ts'
import { peersDocumented, peersTables } from '../src/faults/peers-tables.ts'
import type { JobLook } from '../src/faults/subject.ts'
import type { OddSeen } from '../src/faults/unrecordable.ts'
import {
  brokenByBlackHole,
  brokenByLateWrite,
  brokenByOdd,
  fateOf,
  isRecorded,
} from '../src/faults/verdicts.ts'

describe('A late write', () => {
  it('was refused where the job goes on running with its second attempt, and that is what we promise', () => {
    expect(fateOf(lateWrite({}))).toBe('refused')
    expect(brokenByLateWrite(lateWrite({}))).toEqual([])
  })

  it('was recorded where the job has ended, waits, or is gone while its second attempt runs', () => {
    for (const state of ['succeeded', 'failed', 'waiting', 'gone'] as const) {
      const seen = lateWrite({ afterLate: look(state) })
      expect(fateOf(seen)).toBe('recorded')
      expect(brokenByLateWrite(seen)).toEqual(['P4: the late success was not refused'])
    }
  })

  it('was recorded where it brought a third run, although the job runs', () => {
    const seen = lateWrite({ runsBefore: 3, runs: 3 })
    expect(fateOf(seen)).toBe('recorded')
    expect(brokenByLateWrite(seen)).toContain('P4: the late success brought a further run')
  })

  it('was the only one where nobody else was given the job', () => {
    const seen = lateWrite({
      handedOver: 'no',
      handedOverMs: null,
      afterLate: look('gone'),
      runs: 1,
      runsBefore: 1,
    })
    expect(fateOf(seen)).toBe('the only write')
    expect(brokenByLateWrite(seen)[0]).toMatch(/^P8/)
  })

  it('breaks our promise where its result is the one on record', () => {
    const seen = lateWrite({ inTheEnd: { ...look('succeeded'), by: 'first' } })
    expect(brokenByLateWrite(seen)).toEqual([
      expect.stringMatching(/^P4: the outcome of the attempt that was current/),
    ])
  })
})

describe('What cannot be recorded', () => {
  it('is recorded as a failure where it was thrown, and as any end where it was returned', () => {
    expect(isRecorded(odd({}))).toBe(true)
    expect(isRecorded(odd({ hasError: false }))).toBe(true)
    expect(isRecorded(odd({ recorded: 'succeeded' }))).toBe(false)
    expect(isRecorded(odd({ recorded: 'gone' }))).toBe(false)
    for (const recorded of ['succeeded', 'failed', 'gone'] as const)
      expect(isRecorded(odd({ way: 'returned', recorded }))).toBe(true)
    for (const recorded of ['running', 'waiting', null] as const)
      expect(isRecorded(odd({ way: 'returned', recorded }))).toBe(false)
  })

  it('breaks our promise where it is not recorded, or without a reason, ends the process, or holds up what comes next', () => {
    expect(brokenByOdd(odd({}))).toEqual([])
    expect(brokenByOdd(odd({ hasError: false }))).toEqual([
      'P13: a circle, thrown: it is not said why the attempt failed',
    ])
    expect(brokenByOdd(odd({ recorded: 'running', isProcessAlive: false, goesOn: false }))).toEqual([
      'P13: a circle, thrown: the attempt was not recorded',
      'P13: a circle, thrown: the process has ended',
      'P13: a circle, thrown: the job behind it did not run',
    ])
  })
})

describe('A black hole', () => {
  const bounds = { leaseMs: 10_000, patienceMs: 5_000 }

  it('keeps our promises where what was in hand began elsewhere in time, and the process went on', () => {
    expect(brokenByBlackHole(blackHole({}), bounds)).toEqual([])
  })

  it('breaks them where a job waited too long, never ended, or the process ended or did not go on', () => {
    const waited = blackHole({ held: [{ elsewhereMs: 15_001, endedMs: 16_000, runs: 2 }] })
    expect(brokenByBlackHole(waited, bounds)).toEqual([expect.stringMatching(/^P8: a job in hand/)])
    const never = blackHole({ held: [{ elsewhereMs: null, endedMs: null, runs: 1 }], unended: 1 })
    expect(brokenByBlackHole(never, bounds)).toHaveLength(2)
    const dead = blackHole({ isProcessAlive: false, goesOnMs: null })
    expect(brokenByBlackHole(dead, bounds)).toEqual([
      'P20: the process has ended',
      'P20: the process did not go on',
    ])
  })
})

it('The tables tell what was seen of each queue, in the same words', () => {
  const good: SubjectSeen = { lateWrites: [lateWrite({})], odd: [odd({})], blackHoles: [blackHole({})] }
  const other: SubjectSeen = {
    lateWrites: [
      lateWrite({ handedOver: 'by hand', afterLate: look('gone'), wasTold: true, inTheEnd: look('gone') }),
    ],
    odd: [
      odd({ recorded: 'running', inTheEnd: 'failed' }),
      odd({ recorded: 'running', inTheEnd: 'running' }),
    ],
    blackHoles: [
      blackHole({ after: 'silent', goesOnMs: null, held: [{ elsewhereMs: null, endedMs: 900, runs: 1 }] }),
    ],
  }
  const told = peersTables({ seen: { ours: good, 'pg-boss': other, 'graphile-worker': other } })
  expect(told).toContain(
    '| ours | success | by itself, after 12.0 s | refused | 2 | it had succeeded, by the second process | no |',
  )
  expect(told).toContain(
    '| pg-boss | success | by hand, after 12.0 s | recorded: the job was done, and deleted while its second attempt ran |',
  )
  expect(told).toContain(
    '| graphile-worker | 0 of 2; not a circle, a circle | 0 of 0 | 2 of 2 | 2 of 2 | 1 | 1 |',
  )
  expect(told).toContain('| ours | are reset | 11.0 s | 12.0 s | 2 | 0.5 s after it | 0 |')
  expect(told).toContain('| pg-boss | stay silent | no | 0.9 s | 1 | not in 120.0 s | 0 |')
})

it('docs/reliability.md tells what was seen last', async () => {
  const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8')
  expect(page).toContain('<!-- peers:tables -->')
  // `npm run peers -- --write-docs` writes it.
  expect(page).toBe(peersDocumented(page, await newestPeersResult()))
})

function look(state: JobLook['state']): JobLook {
  return { state, by: null, hasError: false }
}

function lateWrite(changes: Partial<LateWriteSeen>): LateWriteSeen {
  return {
    how: 'success',
    handedOver: 'by itself',
    handedOverMs: 12_000,
    wasTold: false,
    afterLate: look('running'),
    runsBefore: 2,
    runs: 2,
    inTheEnd: { ...look('succeeded'), by: 'second' },
    ...changes,
  }
}

function odd(changes: Partial<OddSeen>): OddSeen {
  return {
    name: 'a circle',
    way: 'thrown',
    recorded: 'failed',
    hasError: true,
    isProcessAlive: true,
    goesOn: true,
    inTheEnd: 'failed',
    ...changes,
  }
}

function blackHole(changes: Partial<BlackHoleSeen>): BlackHoleSeen {
  return {
    after: 'reset',
    holeMs: 60_000,
    watchedMs: 120_000,
    isProcessAlive: true,
    goesOnMs: 500,
    held: [{ elsewhereMs: 11_000, endedMs: 12_000, runs: 2 }],
    unended: 0,
    ...changes,
  }
}
