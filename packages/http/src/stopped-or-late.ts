import { JobCancelledError, JobFailedError, type RunState } from '@jq/core'

/** Waits until a job has stopped, this time has passed, or one of the signals says that nobody wants to wait any longer. */
export async function stoppedOrLate(
  state: RunState,
  waitMs: number,
  signals: readonly AbortSignal[],
): Promise<void> {
  const signal = AbortSignal.any([...signals, AbortSignal.timeout(waitMs)])
  try {
    await state.waitUntilStopped({ signal })
  } catch (error) {
    const isAnEnd = signal.aborted || error instanceof JobFailedError || error instanceof JobCancelledError
    if (!isAnEnd) throw error
  }
}
