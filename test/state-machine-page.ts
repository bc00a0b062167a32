import { stateIn } from '../packages/testing/src/conformance/state-model.ts'
import {
  type Effect,
  type Situation,
  stoppedStates,
  type Transition,
  transitions,
} from '../packages/testing/src/conformance/transitions.ts'

/** The page about the state machine: its table is made of the value that its tests are made of. */
export function stateMachinePage(): string {
  return `${INTRODUCTION}\n${table()}\n${RULES}`
}

const INTRODUCTION = `# What a job can be, and what becomes of it

<!-- Made by test/state-machine-page.ts from packages/testing/src/conformance/transitions.ts: \`npm run golden\` writes it anew. -->

A job is in one of eight states:

| state | the job |
|---|---|
| \`scheduled\` | waits for its time |
| \`available\` | waits for a thread |
| \`running\` | is being worked on: this claim of it is its current *attempt* |
| \`retrying\` | waits for its next attempt after one that failed or took too long |
| \`succeeded\` | ended well |
| \`failed\` | ended with an error, its retries spent or of no use |
| \`cancelled\` | was ended by somebody who did not want it any more |
| \`dead\` | was being worked on by too many processes that died |

The last four are final: the job has *stopped*, until somebody resets it. A running job may carry a wish: to be cancelled, or to be
reset once its attempt has ended. The later of two wishes counts.

Each row of the table is something that happens to a job, each column where that finds it. Each cell is a test, for each service:
on PostgreSQL and in memory, with retries left and without, in a bundle and in none, by the worker that holds the attempt and by one
whose attempt is over ([the tests](../packages/testing/src/conformance/state-machine.ts)). What two come to that do so at the same moment:
[two clients at once](interleavings.md).

- **state**: where the job goes. A state that is not bold is the one it was in, and something else about it changed.
- =: nothing changes; in brackets the answer, or the error that is thrown.
- –: it does not concern this job.
- *lost*: \`AttemptLostError\`. The attempt is over and whatever its worker says is refused, unless it repeats the outcome that it has
  recorded itself: then only the answer had been lost.
`

const RULES = `
## Attempts

- \`attempt\` rises with each claim, and nothing lowers it but the deletion of the job.
- Whatever a worker says names its attempt. It counts only while the job runs in that attempt, in the hands of that worker.
- What a handler said by \`setProgress\` belongs to its attempt: it stays with a job that stops and is forgotten where another follows.

## Budgets

- Errors, time-outs and crashes are counted apart: \`currentRetryCount\`, \`currentTimeoutRetryCount\`, \`crashCount\`. A count rises where an
  attempt follows on its account, and \`crashCount\` with every crash.
- A release and a snooze cost nothing. A reset sets all three to zero; \`setJobStart\` leaves them as they are.
- A job whose process died runs alone from then on, so that a second death has one suspect.

## Errors and results

- \`errorMsg\` is never empty on a job that has \`failed\`, is \`cancelled\` or \`dead\`, and null on any other, also while a retry waits: the
  errors of the attempts before stand in \`getAttempts\`.
- \`result\` is there once the job succeeded. A reset forgets it.

## Cancelling and resetting

- A success that is recorded before its process heard of the cancel stands: the work is done. Any other end of that attempt, a crash
  and a release too, leads to \`cancelled\`.
- Where a reset is wished, any end of the attempt leads to \`available\`, a success too: somebody wanted it done again.
- A reset keeps \`startAt\`: a job whose time has not come goes on waiting for it.
- Where another unfinished job holds the \`uniqueKey\` meanwhile, \`resetJob\` and \`setJobStart\` answer \`false\` and change nothing.

## Keys and bundles

- A job holds its \`uniqueKey\` while it has not stopped. Whatever stops or deletes it lets go of the key.
- A bundle's \`numJobsStopped\` rises with every way into the last columns and falls with every way out of them, \`numJobsFailed\` with those that
  did not succeed. A deleted member leaves \`numJobs\` too.
- A sealed bundle stops when all that is left of it has stopped: \`epoch\` rises by one and \`whenStopped\` is added. A member that is
  reset opens it again; its next stop is the next epoch.

## What listeners hear

- \`onJobStopped\` hears every attempt that succeeded, failed, timed out, crashed or was cancelled, by whomever; with \`willRetry\` where the job
  goes on. It hears of no release and no snooze, except where a wish made them a cancel, and nothing of jobs that are deleted.
- \`onJobStatusChange\` hears every change from one state to another, and nothing where the state stays the same or the job is deleted.
- \`onJobBundleStopped\` hears every epoch once.
`

const COLUMNS: readonly { readonly heading: string; readonly of: readonly Situation[] }[] = [
  { heading: 'no such job', of: ['absent'] },
  { heading: 'scheduled', of: ['scheduled'] },
  { heading: 'available', of: ['available'] },
  { heading: 'retrying', of: ['retrying'] },
  { heading: 'running', of: ['running'] },
  { heading: 'running, cancel wished', of: ['cancelWished'] },
  { heading: 'running, reset wished', of: ['resetWished'] },
  { heading: 'succeeded · failed · cancelled · dead', of: stoppedStates },
]

function table(): string {
  const lines = [
    ['', ...COLUMNS.map(({ heading }) => heading)],
    ['---', ...COLUMNS.map(() => '---')],
    ...transitions.map((row) => [row.title, ...COLUMNS.map(({ of }) => cell(row, of))]),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Once, where all those states have the same; else each by its name, and the others together. */
function cell({ on }: Transition, those: readonly Situation[]): string {
  const groups = Map.groupBy(those, (situation) => shown(on[situation], situation))
  if (groups.size === 1) return [...groups.keys()].join()
  return [...groups].map(([text, of]) => `${of.join(', ')}: ${text}`).join('; ')
}

function shown({ answer, to, counts, bundleGone }: Effect, situation: Situation): string {
  if (answer === 'lost') return '*lost*'
  const told = answer !== null && !UNTOLD.has(answer) ? `\`${answer}\`` : null
  if (to === undefined) return unchanged(answer, told)
  const place = to === 'absent' ? GONE[bundleGone ? 'withBundle' : 'alone'] : placeOf(to, situation)
  return [place, ...(counts === undefined ? [] : [COUNTS[counts]]), ...(told === null ? [] : [told])].join(
    ', ',
  )
}

/** What goes without saying. */
const UNTOLD = new Set(['true', 'settled', 'held', 'kept'])
const GONE = { alone: '**gone**', withBundle: '**gone**, and the bundle' }
const COUNTS = {
  attempt: '`attempt` + 1',
  retries: '`currentRetryCount` + 1',
  timeoutRetries: '`currentTimeoutRetryCount` + 1',
  crashes: '`crashCount` + 1',
  zeroed: 'counts to zero',
}

function unchanged(answer: string | null, told: string | null): string {
  if (answer === null) return '–'
  if (answer === 'held' || answer === 'kept') return 'running'
  if (answer === 'true') return 'another due time'
  return told === null ? '=' : `= (${told})`
}

function placeOf(to: Situation, situation: Situation): string {
  if (to === 'cancelWished') return 'running, cancel wished'
  if (to === 'resetWished') return 'running, reset wished'
  return stateIn(situation) === to ? to : `**${to}**`
}
