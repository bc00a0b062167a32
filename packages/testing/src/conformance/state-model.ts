import type { Effect, Situation } from './transitions.ts'

/** All that the state machine says of one job. */
export interface Standing {
  readonly situation: Situation
  readonly attempt: number
  readonly retries: number
  readonly timeoutRetries: number
  readonly crashes: number
  readonly progress: boolean
  /** It was planned for a time. */
  readonly startAt: boolean
  /** Of the bundle of which it is the only member; null: it is in none, or the bundle is gone. */
  readonly bundle: BundleStanding | null
}

export interface BundleStanding {
  readonly jobs: number
  readonly stopped: number
  readonly failed: number
  readonly epoch: number
  readonly hasStopped: boolean
}

/** What listeners hear, in words. */
export type Heard = readonly string[]

/** What a job is after a command, and what is told of it, as the table says and its rules: the expectation of every test of the table. */
export function afterEffect(before: Standing, effect: Effect): { standing: Standing; heard: Heard } {
  const situation = effect.to ?? before.situation
  const bundle = effect.bundleGone ? null : bundleAfter(before, situation)
  const standing: Standing = {
    situation,
    ...countsAfter(before, effect, situation),
    // What a handler said stays with its attempt.
    progress: holdsAttempt(situation) && (before.progress || effect.progress === true),
    startAt: situation !== 'absent' && (before.startAt || effect.startAt === true),
    bundle,
  }
  return { standing, heard: heardOf(before, standing, effect) }
}

/** What somebody sees who reads the job: a wish leaves it running. */
export function stateIn(situation: Situation): string {
  return isRunning(situation) ? 'running' : situation
}

export function isRunning(situation: Situation): boolean {
  return situation === 'running' || isWished(situation)
}

export function isWished(situation: Situation): boolean {
  return situation === 'cancelWished' || situation === 'resetWished'
}

export function hasStopped(situation: Situation): boolean {
  return situation === 'succeeded' || hasError(situation)
}

export function hasError(situation: Situation): boolean {
  return situation === 'failed' || situation === 'cancelled' || situation === 'dead'
}

/** A unique key is held by what is unfinished. */
export function holdsKey(situation: Situation): boolean {
  return situation !== 'absent' && !hasStopped(situation)
}

function holdsAttempt(situation: Situation): boolean {
  return isRunning(situation) || hasStopped(situation)
}

type Counts = Pick<Standing, 'attempt' | 'retries' | 'timeoutRetries' | 'crashes'>

function countsAfter(before: Standing, { counts }: Effect, situation: Situation): Counts {
  const { attempt, retries, timeoutRetries, crashes } = before
  if (situation === 'absent' || before.situation === 'absent') return { attempt: 0, ...noneSpent }
  if (counts === 'zeroed') return { attempt, ...noneSpent }
  const kept = { attempt, retries, timeoutRetries, crashes }
  return counts === undefined ? kept : { ...kept, [counts]: kept[counts] + 1 }
}

const noneSpent = { retries: 0, timeoutRetries: 0, crashes: 0 }

/** The stopped number follows the ways into the last column and out of it; a deleted member leaves the number of jobs too. */
function bundleAfter({ situation: from, bundle }: Standing, to: Situation): BundleStanding | null {
  // Whoever adds a deleted id again adds a job of no bundle.
  if (bundle === null || from === 'absent') return bundle
  const jobs = bundle.jobs - Number(to === 'absent')
  const stopped = bundle.stopped + Number(hasStopped(to)) - Number(hasStopped(from))
  const failed = bundle.failed + Number(hasError(to)) - Number(hasError(from))
  const isOver = stopped === jobs
  return {
    jobs,
    stopped,
    failed,
    epoch: bundle.epoch + Number(isOver && !bundle.hasStopped),
    hasStopped: isOver,
  }
}

function heardOf(before: Standing, after: Standing, { ended }: Effect): Heard {
  const [from, to] = [before, after].map(({ situation }) => stateIn(situation)) as [string, string]
  const heard: string[] = []
  if (from !== to && to !== 'absent') heard.push(heardChange(from === 'absent' ? null : from, to))
  if (ended !== undefined) heard.push(heardEnd(before.attempt, ended, !hasStopped(after.situation)))
  if (after.bundle !== null && after.bundle.epoch !== before.bundle?.epoch)
    heard.push(heardBundle(after.bundle.epoch, after.bundle.failed > 0))
  return heard
}

export function heardChange(previous: string | null, current: string): string {
  return `${previous ?? 'new'} → ${current}`
}

export function heardEnd(attempt: number, outcome: string, willRetry: boolean): string {
  return `attempt ${attempt} ${outcome}, ${willRetry ? 'another follows' : 'the last'}`
}

export function heardBundle(epoch: number, withError: boolean): string {
  return `bundle stopped, epoch ${epoch}${withError ? ', with an error' : ''}`
}
