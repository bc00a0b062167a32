import type { FinalState } from '../src/database/final-state.ts'
import type { JournalRow } from '../src/database/journal.ts'
import type { Deed, HistoryEvent } from '../src/history/history-event.ts'
import type { Evidence } from '../src/nemesis/fault.ts'

/** What may be put in the place of a part of the sound run. */
export interface Changes {
  readonly history?: readonly Deed[]
  readonly without?: (event: HistoryEvent) => boolean
  readonly journal?: readonly Partial<JournalRow>[]
  readonly state?: Partial<FinalState>
}

/**
 * A small history in which all is well, with what is planted in it: a job that another process took over after a crash, one
 * that wrote in its transaction, a bundle of both, and one in a transaction that was rolled back.
 */
export function aSoundRun({ history = [], without, journal = [], state = {} }: Changes = {}): Evidence {
  const events = [...SOUND, ...history].map(
    (deed, at) => ({ by: 'somebody', at, date: at, ...deed }) as HistoryEvent,
  )
  return {
    history: events.filter((event) => !without?.(event)),
    state: { ...STATE, journal: [...JOURNAL, ...journal].map(numbered), ...state },
  }
}

const jobs = [
  { id: 'job-1', label: 'p:1', does: 'end' },
  { id: 'job-2', label: 'p:2', does: 'effect' },
]
const undone = [{ id: 'job-9', label: 'p:9', does: 'end' }]
const first = { jobId: 'job-1', label: 'p:1', does: 'end' }
const second = { jobId: 'job-2', label: 'p:2', does: 'effect', attempt: 1, workerId: 'w2' }

const SOUND: readonly (Deed & { by?: string })[] = [
  { did: 'listens' },
  { did: 'joined', workerId: 'w1', by: 'worker-1' },
  { did: 'joined', workerId: 'w2', by: 'worker-2' },
  { did: 'tried', call: 'addBundle', jobs },
  { did: 'acked', call: 'addBundle', jobs },
  { did: 'tried', call: 'transaction', jobs: undone },
  { did: 'rolledBack', call: 'transaction', jobs: undone },
  { did: 'started', ...first, attempt: 1, workerId: 'w1' },
  { did: 'exited', process: 'worker-1', code: null, signal: 'SIGKILL', wanted: true, stderr: '' },
  { did: 'started', ...first, attempt: 2, workerId: 'w2' },
  { did: 'recorded', seq: '1', attempt: 2, kind: 'succeeded', workerId: 'w2' },
  { did: 'started', ...second },
  { did: 'recorded', seq: '2', attempt: 1, kind: 'transaction', workerId: 'w2' },
  { did: 'toldJob', jobId: 'job-1', attempt: 1, outcome: 'crashed' },
  { did: 'toldJob', jobId: 'job-1', attempt: 2, outcome: 'succeeded' },
  { did: 'toldJob', jobId: 'job-2', attempt: 1, outcome: 'succeeded' },
  { did: 'toldBundle', bundleId: 'bundle-1', epoch: 1 },
  { did: 'left', counts: {}, by: 'worker-2' },
  { did: 'exited', process: 'worker-2', code: 0, signal: null, wanted: false, stderr: '' },
]

const JOURNAL: readonly Partial<JournalRow>[] = [
  { what: 'claimed', seq: '1', attempt: 1, workerId: 'w1' },
  { what: 'ended', seq: '1', attempt: 1, workerId: 'w1' },
  { what: 'kept', seq: '1', attempt: 1, workerId: 'w1', outcome: 'k' },
  { what: 'claimed', seq: '1', attempt: 2, workerId: 'w2' },
  { what: 'ended', seq: '1', attempt: 2, workerId: 'w2' },
  { what: 'stopped', seq: '1', attempt: 2, workerId: 'w2', outcome: 's' },
  { what: 'claimed', seq: '2', attempt: 1, workerId: 'w2' },
  { what: 'ended', seq: '2', attempt: 1, workerId: 'w2' },
  { what: 'stopped', seq: '2', attempt: 1, workerId: 'w2', outcome: 's' },
  { what: 'toldBundle', bundleId: 'bundle-1', epoch: 1 },
]

const STATE: Omit<FinalState, 'journal'> = {
  jobs: [
    {
      ...jobs[0],
      seq: '1',
      bundleId: 'bundle-1',
      state: 'succeeded',
      attempt: 2,
      workerId: 'w2',
      result: { attempt: 2, workerId: 'w2' },
    },
    {
      ...jobs[1],
      seq: '2',
      bundleId: 'bundle-1',
      state: 'succeeded',
      attempt: 1,
      workerId: 'w2',
      result: { attempt: 1, workerId: 'w2' },
    },
  ] as FinalState['jobs'],
  bundles: [{ id: 'bundle-1', numJobs: 2, epoch: 1, isStopped: true }],
  effects: [{ jobId: 'job-2', attempt: 1 }],
  broken: [],
  stats: { succeeded: 2, failed: 0 },
  counted: { succeeded: 2 },
  backends: [],
}

function numbered(row: Partial<JournalRow>, place: number): JournalRow {
  const nothing = {
    seq: null,
    attempt: null,
    workerId: null,
    outcome: null,
    jobId: null,
    bundleId: null,
    epoch: null,
  }
  return { ...nothing, what: 'claimed', at: place, ...row, id: row.id ?? place + 1 }
}
