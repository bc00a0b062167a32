import { type Duration, durationMs } from './duration.ts'

/** Thrown by handlers to come back later. It is no failure and spends no retry. */
export class SnoozeJob extends Error {
  readonly delayMs: number

  constructor(delay: Duration) {
    super(`Come back in ${delay}${typeof delay === 'number' ? ' ms' : ''}`)
    this.delayMs = durationMs(delay, 'delay')
  }

  override get name(): string {
    return 'SnoozeJob'
  }

  // What it means to a worker, as of the errors that handlers throw.
  static {
    Object.defineProperty(SnoozeJob.prototype, Symbol.for('jobqueue.thrownKind'), { value: 'snooze' })
  }
}
