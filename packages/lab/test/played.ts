import type { Result } from '../src/report/results.ts'

/** What a run was, as it is kept: nothing struck, and nothing was broken. */
export const played: Result = {
  date: '2026-01-02T03:04:05.678Z',
  commit: 'abc',
  versions: { node: 'v24' },
  seed: 7,
  seconds: 25,
  asked: null,
  server: 'plain',
  acknowledged: 100,
  faults: {},
  violations: {},
  repeatedEffects: 0,
}
