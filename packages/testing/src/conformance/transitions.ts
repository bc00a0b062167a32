import type { JobState, JobStoppedEvent } from '@jq/core'

/** Where a command may find a job: in a state, running with a wish noted, or nowhere. */
export type Situation = JobState | 'cancelWished' | 'resetWished' | 'absent'

/** What somebody may do to a job, or time may bring. */
export type Command =
  | 'add'
  | 'due'
  | 'claim'
  | 'check'
  | 'setProgress'
  | 'succeeded'
  | 'failed'
  | 'timedOut'
  | 'terminal'
  | 'cancelled'
  | 'snoozed'
  | 'released'
  | 'reapSilent'
  | 'reapOverdue'
  | 'cancelJob'
  | 'resetJob'
  | 'resetJobCancel'
  | 'setJobStartAhead'
  | 'setJobStartPast'
  | 'deleteJob'
  | 'deleteJobBundle'
  | 'deleteFinishedJobs'
  | 'deleteOnSuccess'

/** What a command does to a job that it finds there. What is not said does not change. */
export interface Effect {
  /** What the command answers, or the error that it throws; null: nobody is answered. */
  readonly answer: string | null
  /** Where the job stands afterwards. */
  readonly to?: Situation
  /** The count that rises by one, or all three set to zero. */
  readonly counts?: 'attempt' | 'retries' | 'timeoutRetries' | 'crashes' | 'zeroed'
  /** How the attempt ended, as `onJobStopped` tells it; without it that listener hears nothing. */
  readonly ended?: JobStoppedEvent['outcome']
  /** `progress` is what the handler said. */
  readonly progress?: true
  /** `startAt` is the time that was asked for. */
  readonly startAt?: true
  /** The bundle goes with it. */
  readonly bundleGone?: true
}

/** One row of the state machine. */
export interface Transition {
  readonly command: Command
  /** As people call it. */
  readonly title: string
  /** Only for jobs whose budgets are so; without it, for all. */
  readonly budget?: 'left' | 'spent'
  /** Only for members of a bundle, or only for others; without it, for all. */
  readonly member?: boolean
  readonly on: Readonly<Record<Situation, Effect>>
}

/** Whose ways on are the same in most rows. */
export const stoppedStates = ['succeeded', 'failed', 'cancelled', 'dead'] as const

const nothing: Effect = { answer: null }
const lost: Effect = { answer: 'lost' }
const refused: Effect = { answer: 'JobRunningError' }
const no: Effect = { answer: 'false' }

/** Whoever ends the attempt of a job that shall be cancelled, or begun anew, ends it so. */
const asWished = {
  cancelWished: { answer: 'settled', to: 'cancelled', ended: 'cancelled' },
  resetWished: { answer: 'settled', to: 'available', counts: 'zeroed', ended: 'cancelled' },
} as const satisfies { [wish in Situation]?: Effect }
const silently = (effect: Effect): Effect => ({ ...effect, answer: null })

/** The state machine of a job: each command, and what it does in each situation. The page, the tests and their model are made of it. */
export const transitions: readonly Transition[] = [
  {
    command: 'add',
    title: '`add` with the same `id`',
    on: { ...everywhere({ answer: 'duplicate' }), absent: { answer: 'added', to: 'available' } },
  },
  {
    command: 'due',
    title: 'its time comes',
    on: {
      ...everywhere(nothing),
      scheduled: { answer: null, to: 'available' },
      retrying: { answer: null, to: 'available' },
    },
  },
  {
    command: 'claim',
    title: 'claim',
    on: { ...everywhere(nothing), available: { answer: null, to: 'running', counts: 'attempt' } },
  },
  {
    command: 'check',
    title: 'heartbeat',
    on: ofAttempt({
      running: { answer: 'held' },
      cancelWished: { answer: 'cancelled' },
      resetWished: { answer: 'cancelled' },
    }),
  },
  {
    command: 'setProgress',
    title: '`setProgress`',
    on: ofAttempt(
      same(['running', 'cancelWished', 'resetWished'] as const, { answer: 'kept', progress: true }),
    ),
  },
  {
    command: 'succeeded',
    title: 'settle: succeeded',
    on: ofAttempt({
      ...same(['running', 'cancelWished'] as const, {
        answer: 'settled',
        to: 'succeeded',
        ended: 'succeeded',
      }),
      resetWished: asWished.resetWished,
    }),
  },
  {
    command: 'failed',
    title: 'settle: failed, a retry left',
    budget: 'left',
    on: settling({ to: 'retrying', counts: 'retries', ended: 'failed' }),
  },
  {
    command: 'failed',
    title: 'settle: failed, none left',
    budget: 'spent',
    on: settling({ to: 'failed', ended: 'failed' }),
  },
  {
    command: 'timedOut',
    title: 'settle: timed out, a retry left',
    budget: 'left',
    on: settling({ to: 'retrying', counts: 'timeoutRetries', ended: 'timedOut' }),
  },
  {
    command: 'timedOut',
    title: 'settle: timed out, none left',
    budget: 'spent',
    on: settling({ to: 'failed', ended: 'timedOut' }),
  },
  {
    command: 'terminal',
    title: 'settle: `TerminalJobError`',
    on: settling({ to: 'failed', ended: 'failed' }),
  },
  {
    command: 'cancelled',
    title: 'settle: cancelled',
    on: settling({ to: 'cancelled', ended: 'cancelled' }),
  },
  { command: 'snoozed', title: '`SnoozeJob`', on: settling({ to: 'scheduled' }) },
  { command: 'released', title: 'release', on: settling({ to: 'available' }) },
  {
    command: 'reapSilent',
    title: 'reap: its process is silent, below the limit of crashes',
    budget: 'left',
    on: reaping({ to: 'available', ended: 'crashed' }, 'crashes'),
  },
  {
    command: 'reapSilent',
    title: 'reap: its process is silent, the limit reached',
    budget: 'spent',
    on: reaping({ to: 'dead', ended: 'crashed' }, 'crashes'),
  },
  {
    command: 'reapOverdue',
    title: 'reap: long past its deadline, its process alive, a retry left',
    budget: 'left',
    on: reaping({ to: 'retrying', counts: 'timeoutRetries', ended: 'timedOut' }),
  },
  {
    command: 'reapOverdue',
    title: 'reap: the same, none left',
    budget: 'spent',
    on: reaping({ to: 'failed', ended: 'timedOut' }),
  },
  {
    command: 'cancelJob',
    title: '`cancelJob`',
    on: {
      absent: { answer: 'notFound' },
      ...same(['scheduled', 'available', 'retrying'] as const, {
        answer: 'cancelled',
        to: 'cancelled',
        ended: 'cancelled',
      }),
      ...same(['running', 'cancelWished', 'resetWished'] as const, {
        answer: 'requested',
        to: 'cancelWished',
      }),
      ...same(stoppedStates, { answer: 'alreadyStopped' }),
    },
  },
  { command: 'resetJob', title: '`resetJob`', on: { ...resetting(), ...whileItRuns(refused) } },
  {
    command: 'resetJobCancel',
    title: "`resetJob`, `ifRunning: 'cancel'`",
    on: { ...resetting(), ...whileItRuns({ answer: 'true', to: 'resetWished' }) },
  },
  { command: 'setJobStartAhead', title: '`setJobStart`, a time ahead', on: starting('scheduled') },
  { command: 'setJobStartPast', title: '`setJobStart`, a time past', on: starting('available') },
  {
    command: 'deleteJob',
    title: '`deleteJob`',
    on: { ...everywhere({ answer: 'true', to: 'absent' }), absent: no },
  },
  {
    command: 'deleteJobBundle',
    title: '`deleteJobBundle`',
    member: true,
    on: everywhere({ answer: 'true', to: 'absent', bundleGone: true }),
  },
  {
    command: 'deleteFinishedJobs',
    title: '`deleteFinishedJobs`, of no bundle',
    member: false,
    on: { ...everywhere(nothing), succeeded: { answer: null, to: 'absent' } },
  },
  {
    command: 'deleteFinishedJobs',
    title: '`deleteFinishedJobs`, a member',
    member: true,
    on: everywhere(nothing),
  },
  {
    command: 'deleteOnSuccess',
    title: '`deleteOnSuccess`, a minute after the end of the bundle',
    member: true,
    on: {
      ...everywhere(nothing),
      ...same(['succeeded', 'absent'] as const, { answer: null, to: 'absent', bundleGone: true }),
    },
  },
]

/** Every situation, in the order of a job's life. */
export const situations: readonly Situation[] = [
  'absent',
  'scheduled',
  'available',
  'retrying',
  'running',
  'cancelWished',
  'resetWished',
  ...stoppedStates,
]

/** What only the holder of the running attempt may do; `recorded` is the outcome by which a repeat knows its own. */
export const fenced: { readonly [command in Command]?: { readonly recorded: string | null } } = {
  check: { recorded: null },
  setProgress: { recorded: null },
  succeeded: { recorded: 'succeeded' },
  failed: { recorded: 'failed' },
  timedOut: { recorded: 'timedOut' },
  terminal: { recorded: 'failed' },
  cancelled: { recorded: 'cancelled' },
  snoozed: { recorded: 'snoozed' },
  released: { recorded: 'released' },
}

function same<S extends Situation>(those: readonly S[], effect: Effect): Record<S, Effect> {
  return Object.fromEntries(those.map((situation) => [situation, effect])) as Record<S, Effect>
}

function everywhere(effect: Effect): Record<Situation, Effect> {
  return {
    absent: effect,
    ...same(['scheduled', 'available', 'retrying'] as const, effect),
    ...whileItRuns(effect),
    ...same(stoppedStates, effect),
  }
}

function whileItRuns(effect: Effect): Record<'running' | 'cancelWished' | 'resetWished', Effect> {
  return same(['running', 'cancelWished', 'resetWished'] as const, effect)
}

function ofAttempt(running: Record<'running' | 'cancelWished' | 'resetWished', Effect>) {
  return { ...everywhere(lost), ...running }
}

function settling(effect: Omit<Effect, 'answer'>): Record<Situation, Effect> {
  return ofAttempt({ running: { answer: 'settled', ...effect }, ...asWished })
}

/** A crash counts whatever was wished, except where all counts begin anew. */
function reaping(effect: Omit<Effect, 'answer'>, counts: Effect['counts'] = effect.counts) {
  const crashed = counts === 'crashes' ? { counts } : {}
  return {
    ...everywhere(nothing),
    running: { answer: null, ...effect, ...crashed },
    cancelWished: { ...silently(asWished.cancelWished), ...crashed },
    resetWished: silently(asWished.resetWished),
  }
}

function resetting(): Record<Exclude<Situation, 'running' | 'cancelWished' | 'resetWished'>, Effect> {
  const anew: Effect = { answer: 'true', to: 'available', counts: 'zeroed' }
  return {
    absent: no,
    scheduled: { ...anew, to: 'scheduled' },
    ...same(['available', 'retrying', ...stoppedStates] as const, anew),
  }
}

/** A retry goes on being one, and is due then. */
function starting(to: Situation): Record<Situation, Effect> {
  return {
    absent: no,
    ...same(['scheduled', 'available', ...stoppedStates] as const, { answer: 'true', to, startAt: true }),
    retrying: { answer: 'true' },
    ...whileItRuns(refused),
  }
}
