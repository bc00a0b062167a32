import { type Duration, durationMs } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

/**
 * Thrown by handlers to come back later. It is no failure and spends no retry.
 *
 * With `holdGroup`, no other job of its type and group starts before either: for "429, retry after". Jobs without a `groupKey`
 * are a group of their own.
 */
export class SnoozeJob extends Error {
  readonly delayMs: number
  readonly holdGroup: boolean

  constructor(delay: Duration, options: { holdGroup?: boolean | undefined } = {}) {
    super(`Come back in ${delay}${typeof delay === 'number' ? ' ms' : ''}`)
    this.delayMs = durationMs(delay, 'delay')
    refuseUnknown(options, ['holdGroup'], 'options')
    this.holdGroup = checkedFlag(options.holdGroup ?? false)
  }

  override get name(): string {
    return 'SnoozeJob'
  }

  // What it means to a worker, as of the errors that handlers throw.
  static {
    Object.defineProperty(SnoozeJob.prototype, Symbol.for('jobqueue.thrownKind'), { value: 'snooze' })
  }
}

function checkedFlag(flag: unknown): boolean {
  if (typeof flag === 'boolean') return flag
  throw new InvalidInputError('not_a_boolean', 'options.holdGroup', `is ${shown(flag)}. Give true or false.`)
}
