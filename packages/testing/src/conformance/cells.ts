import { isRunning, type Standing } from './state-model.ts'
import { type Command, type Effect, fenced, type Situation, situations, transitions } from './transitions.ts'

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

/** Attempts that each job has behind it, and how the last but one of them ended is of no matter. */
export const ATTEMPTS = 5
/** The budgets of every job here. */
export const LIMITS = { maxRetryCount: 2, maxTimeoutRetryCount: 1, maxCrashCount: 2 }

/** All cases of these commands. */
export function cellsOf(commands: readonly Command[]): readonly Cell[] {
  return transitions
    .filter(({ command }) => commands.includes(command))
    .flatMap(({ command, title, budget, member: only, on }) =>
      situations.flatMap((situation) =>
        (fenced[command] ? [true, false] : [null]).flatMap((fence) =>
          [true, false]
            .filter((member) => only === undefined || member === only)
            .flatMap((member) =>
              [true, false]
                .filter((spent) => budget === undefined || spent === (budget === 'spent'))
                .map((spent): Cell => {
                  const effect = effectOn({ command, situation, fence }, on[situation])
                  const name = nameOf({ title, situation, fence, member, spent })
                  const before = standingIn(situation, { member, spent })
                  return { name, command, situation, fence, member, spent, before, effect }
                }),
            ),
        ),
      ),
    )
}

/** By whatever way it came there, this is how a job stands when a command meets it. */
function standingIn(situation: Situation, { member, spent }: { member: boolean; spent: boolean }): Standing {
  const stops = ['succeeded', 'failed', 'cancelled', 'dead'].includes(situation)
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
          failed: stops && situation !== 'succeeded' ? 1 : 0,
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

function nameOf({
  title,
  situation,
  fence,
  member,
  spent,
}: Omit<Cell, 'name' | 'command' | 'before' | 'effect'> & { title: string }): string {
  const whose = fence === null ? [] : [fence ? 'its own attempt' : 'a stale attempt']
  return [title, situation, ...whose, member ? 'member' : 'no member', spent ? 'spent' : 'budget left'].join(
    ' · ',
  )
}
