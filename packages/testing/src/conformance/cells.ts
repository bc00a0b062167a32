import { hasError, hasStopped, isRunning, type Standing } from './state-model.ts'
import {
  type Command,
  type Effect,
  fenced,
  type Situation,
  situations,
  type Transition,
  transitions,
} from './transitions.ts'

/** One case of the state machine: this command meets a job in this situation. */
export interface Cell {
  readonly name: string
  readonly command: Command
  readonly situation: Situation
  /** True: said of the attempt itself by its own worker; false: of an attempt before, or by another worker. Null: no worker's business. */
  readonly fence: boolean | null
  readonly member: boolean
  /** True: no retry of any kind is left to it, and its next crash is its last. */
  readonly spent: boolean
  readonly before: Standing
  readonly effect: Effect
}

/** How often each job has been claimed, the attempt that runs included. */
export const ATTEMPTS = 5
/** The budgets of every job here. */
export const LIMITS = { maxRetryCount: 2, maxTimeoutRetryCount: 1, maxCrashCount: 2 }

/** All cases of these commands. */
export function cellsOf(commands: readonly Command[]): readonly Cell[] {
  return transitions.filter(({ command }) => commands.includes(command)).flatMap((row) => [...casesOf(row)])
}

function* casesOf({ command, title, budget, member: only, on }: Transition): Generator<Cell> {
  for (const situation of situations)
    for (const fence of fenced[command] ? [true, false] : [null])
      for (const member of only === undefined ? [true, false] : [only])
        for (const spent of budget === undefined ? [true, false] : [budget === 'spent']) {
          const one = { command, situation, fence, member, spent }
          const effect = effectOn(one, on[situation])
          yield { ...one, name: nameOf(title, one), before: standingIn(situation, one), effect }
        }
}

/** By whatever way it came there, this is how a job stands when a command meets it. */
function standingIn(situation: Situation, { member, spent }: { member: boolean; spent: boolean }): Standing {
  const stops = hasStopped(situation)
  const gone = situation === 'absent'
  const counts = {
    retries: spent ? LIMITS.maxRetryCount : situation === 'retrying' ? 1 : 0,
    timeoutRetries: spent ? LIMITS.maxTimeoutRetryCount : 0,
    crashes: situation === 'dead' ? LIMITS.maxCrashCount : spent ? LIMITS.maxCrashCount - 1 : 0,
  }
  return {
    situation,
    ...(gone ? { attempt: 0, retries: 0, timeoutRetries: 0, crashes: 0 } : { attempt: ATTEMPTS, ...counts }),
    progress: false,
    startAt: false,
    bundle: member
      ? {
          jobs: gone ? 0 : 1,
          stopped: stops ? 1 : 0,
          failed: hasError(situation) ? 1 : 0,
          epoch: stops || gone ? 1 : 0,
          hasStopped: stops || gone,
        }
      : null,
  }
}

/** The outcome by which a job came where it stands. */
const recorded: { readonly [situation in Situation]?: string } = {
  scheduled: 'snoozed',
  available: 'released',
  retrying: 'failed',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** A stale attempt is lost wherever its job stands; one that repeats the outcome it recorded itself is content, and changes nothing. */
function effectOn(
  { command, situation, fence }: Pick<Cell, 'command' | 'situation' | 'fence'>,
  effect: Effect,
): Effect {
  if (fence === null || (fence && isRunning(situation))) return effect
  const outcome = fenced[command]?.recorded
  return { answer: fence && outcome != null && recorded[situation] === outcome ? 'settled' : 'lost' }
}

function nameOf(
  title: string,
  { situation, fence, member, spent }: Pick<Cell, 'situation' | 'fence' | 'member' | 'spent'>,
): string {
  const whose = fence === null ? [] : [fence ? 'its own attempt' : 'a stale attempt']
  const how = [member ? 'member' : 'no member', spent ? 'spent' : 'budget left']
  return [title, situation, ...whose, ...how].join(' · ')
}
