import { type SpawnedProcess, spawnProcess } from '@jq/testing/lab'
import type { HandsPlan } from './subject.ts'

/** What a process under the faults is started with, as JSON in its first argument. */
export interface SubjectPlan {
  readonly subject: string
  readonly url: string
  /** The one that the fault strikes, and the one beside it. */
  readonly role: 'first' | 'second'
  readonly hands: HandsPlan
}

/** What it is told: job n, which waits, is to end. */
export interface SubjectTold {
  readonly n: number
  readonly how: 'success' | 'failure'
}

/** What it says; `at` is on the clock that all processes share. */
export type SubjectSaid =
  | { readonly said: 'ready' }
  | SubjectRun
  /** What the queue told of its own trouble. */
  | { readonly said: 'trouble'; readonly message: string }

/** A handler was entered, is about to end, or its signal was aborted. */
export interface SubjectRun {
  readonly said: 'begun' | 'ended' | 'aborted'
  readonly n: number
  /** Counts the runs of this process. */
  readonly run: number
  readonly at: number
}

export type SubjectProcess = SpawnedProcess<SubjectSaid>

/** Starts a process and waits until it works. */
export async function hire(plan: SubjectPlan): Promise<SubjectProcess> {
  const process = spawnProcess<SubjectSaid>(new URL('subject-process.ts', import.meta.url), {
    args: [JSON.stringify(plan)],
    execArgv: ['--import', new URL('../keep-compiled.ts', import.meta.url).href],
  })
  await process.waitFor('it works', ({ said }) => said === 'ready', { within: '2m' })
  return process
}

/** What these processes said of these jobs, in the order of their clock. */
export function runsOf(
  processes: readonly SubjectProcess[],
  jobs: readonly number[],
  said: SubjectRun['said'] = 'begun',
): readonly SubjectRun[] {
  return processes
    .flatMap(({ events }) => events)
    .filter((event): event is SubjectRun => event.said === said && jobs.includes(event.n))
    .toSorted((a, b) => a.at - b.at)
}
