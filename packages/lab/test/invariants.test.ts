import { expect, test } from 'vitest'
import type { FinalJob } from '../src/database/final-state.ts'
import { allInvariants } from '../src/invariants/all-invariants.ts'
import { aSoundRun, type Changes } from './a-sound-run.ts'

test('a run in which all is well breaks no rule', () => {
  expect(brokenBy({})).toEqual([])
})

test('a process whose handler ate all of its memory may die of it', () => {
  const starves = { did: 'starves', by: 'worker-3', jobId: 'job-1', attempt: 1, workerId: 'w3' } as const
  const died = {
    did: 'exited',
    process: 'worker-3',
    code: null,
    signal: 'SIGABRT',
    wanted: false,
    stderr: '',
  } as const
  expect(brokenBy({ history: [starves, died] })).toEqual([])
  expect(brokenBy({ history: [died] })).toMatchObject([{ invariant: 'I9' }])
  const failed = { ...died, code: 70, signal: null }
  expect(brokenBy({ history: [starves, failed] })).toMatchObject([{ invariant: 'I9' }])
})

const [first, second] = aSoundRun().state.jobs as [FinalJob, FinalJob]
const third = [{ id: 'job-3', label: 'p:3', does: 'end' }]
const start = { jobId: 'job-1', label: 'p:1', does: 'end', workerId: 'w2' }

/** What is planted, the one rule that it breaks, and words of what is found. */
const planted: readonly (readonly [string, Changes, string, RegExp])[] = [
  [
    'an acknowledged job that is not there',
    { history: [{ did: 'acked', call: 'add', jobs: third }] },
    'I1',
    /p:3 .* is not there/,
  ],
  [
    'an acknowledged job that ended otherwise than ordered',
    { state: { jobs: [{ ...first, state: 'failed' }, second] } },
    'I1',
    /p:1 .* is failed instead of succeeded/,
  ],
  [
    'an acknowledged job that succeeded without a start',
    { without: (event) => event.did === 'started' && event.jobId === 'job-2' },
    'I1',
    /p:2 .* never started/,
  ],
  [
    'a start of a job that was rolled back',
    { history: [{ did: 'started', jobId: 'job-9', attempt: 1, workerId: 'w2', label: 'p:9', does: 'end' }] },
    'I2',
    /p:9 was rolled back, and started/,
  ],
  [
    'a job that was rolled back, and stands',
    { state: { jobs: [first, second, { ...first, id: 'job-9', seq: '9', label: 'p:9', bundleId: null }] } },
    'I2',
    /p:9 was rolled back, and is there/,
  ],
  [
    'an attempt that ended twice',
    { journal: [{ what: 'ended', seq: '2', attempt: 1, workerId: 'w2' }] },
    'I3',
    /attempt 1 of seq 2 ended 2 times/,
  ],
  [
    'a second stop without a reset',
    { journal: [{ what: 'stopped', seq: '1', attempt: 2, workerId: 'w2', outcome: 's' }] },
    'I3',
    /seq 1 stopped a second time/,
  ],
  [
    'the result of another attempt',
    { state: { jobs: [{ ...first, result: { attempt: 1, workerId: 'w1' } }, second] } },
    'I3',
    /with the result of attempt 1 of w1/,
  ],
  [
    'a record that was accepted from a process which never had the attempt',
    { history: [{ did: 'recorded', seq: '1', attempt: 2, kind: 'succeeded', workerId: 'w1' }] },
    'I3',
    /by w1 was accepted/,
  ],
  [
    'an attempt number that was left out',
    {
      journal: [
        { what: 'claimed', seq: '3', attempt: 2, workerId: 'w2' },
        { what: 'ended', seq: '3', attempt: 2, workerId: 'w2' },
      ],
    },
    'I4',
    /the attempts of seq 3 are 2/,
  ],
  [
    'an attempt that two processes started',
    { history: [{ did: 'started', ...start, attempt: 1 }] },
    'I4',
    /attempt 1 of p:1 was started 2 times/,
  ],
  [
    'a count that was wrong at some moment',
    { state: { broken: ['bundle bundle-1 counts 2/1/0, its members are 2/2/0'] } },
    'I5',
    /counts 2\/1\/0/,
  ],
  [
    'a bundle that told its stop twice',
    { journal: [{ what: 'toldBundle', bundleId: 'bundle-1', epoch: 1 }] },
    'I5',
    /is in epoch 1, and told the stops 1, 1/,
  ],
  [
    'a bundle that stopped before its last member',
    { state: { journal: earlyStop() } },
    'I5',
    /stopped before its member p:2/,
  ],
  [
    'an end that nobody was told',
    { without: (event) => event.did === 'toldJob' && event.attempt === 2 },
    'I6',
    /the end of attempt 2 of p:1/,
  ],
  [
    "a bundle's stop that nobody was told",
    { without: (event) => event.did === 'toldBundle' },
    'I6',
    /stop 1 of bundle bundle-1/,
  ],
  [
    'an attempt that stays with the dead',
    { journal: [{ what: 'claimed', seq: '3', attempt: 1, workerId: 'w1' }] },
    'I7',
    /attempt 1 of seq 3 is still held by w1/,
  ],
  [
    'an effect that is there twice',
    {
      state: {
        effects: [
          { jobId: 'job-2', attempt: 1 },
          { jobId: 'job-2', attempt: 1 },
        ],
      },
    },
    'I8',
    /wrote at \[1,1\]/,
  ],
  ['an effect that is missing', { state: { effects: [] } }, 'I8', /wrote at \[\]/],
  [
    'a process that died by itself',
    {
      history: [
        { did: 'exited', process: 'worker-3', code: 134, signal: null, wanted: false, stderr: 'heap' },
      ],
    },
    'I9',
    /worker-3 ended with 134: heap/,
  ],
  [
    'an error that nobody handled',
    { history: [{ did: 'unhandled', message: 'Error: out of the blue', code: '' }] },
    'I9',
    /out of the blue/,
  ],
  [
    'a connection that is left',
    { state: { backends: ['jobqueue idle commit'] } },
    'I10',
    /a connection is left/,
  ],
  [
    'a process that does not end although it has finished',
    { without: (event) => event.did === 'exited' && event.process === 'worker-2' },
    'I10',
    /keeps its process alive/,
  ],
  ['statistics that are off', { state: { stats: { succeeded: 3 } } }, 'I11', /getStats says 3, the rows 2/],
]

for (const [what, changes, id, text] of planted)
  test(`${id} sees ${what}, and no other rule does`, () => {
    const broken = brokenBy(changes)
    expect([...new Set(broken.map(({ invariant }) => invariant))]).toEqual([id])
    expect(broken.map((finding) => finding.text).join('\n')).toMatch(text)
  })

test('each rule is broken by something', () => {
  expect(new Set(planted.map(([, , id]) => id))).toEqual(new Set(allInvariants.map(({ id }) => id)))
})

function brokenBy(changes: Changes) {
  const evidence = aSoundRun(changes)
  return allInvariants.flatMap(({ id, check }) =>
    check(evidence).map((finding) => ({ invariant: id, ...finding })),
  )
}

/** The sound journal, but the bundle's stop comes before the second job's. */
function earlyStop() {
  return aSoundRun().state.journal.map((row) => (row.what === 'toldBundle' ? { ...row, id: 7.5 } : row))
}
