import { SnoozeJob, TerminalJobError } from '@jq/core'
import type { Handler, HandlerContext } from '@jq/worker'
import type { WriteDown } from '../history/history-file.ts'
import { eatMemory } from './eat-memory.ts'
import type { labJob } from './lab-job.ts'

/** Whoever runs the handler. */
export interface ActingProcess {
  readonly write: WriteDown
  workerId(): string
}

/** The handler of the lab's jobs: does what it is told, and writes down what it does. */
export function actOf({ write, workerId }: ActingProcess): Handler<typeof labJob> {
  return async ({ label, does, ms }, context) => {
    const { job, signal, fence } = context
    const named = { jobId: fence.jobId, attempt: fence.attempt, workerId: workerId() }
    const result = { attempt: job.attempt, workerId: named.workerId }
    write({ did: 'started', ...named, label, does })
    signal.addEventListener('abort', () =>
      write({ did: 'aborted', ...named, reason: String(signal.reason.reason) }),
    )
    if (does === 'stumble' && job.attempt <= 2) throw new Error('It is tried again')
    if (does === 'snooze' && job.attempt === 1) throw new SnoozeJob('100ms')
    if (does === 'give_up') throw new TerminalJobError('There is no use in it')
    if (does === 'effect' || does === 'effect_undone') return effect(context, result, { does, ms })
    if (does === 'last') await pause(ms, signal)
    if (does === 'cling') await pause(ms)
    if (does === 'block') write({ did: 'blocked', ...named, ms: block(ms) })
    if (does === 'starve' && job.attempt === 1) {
      write({ did: 'starves', ...named })
      eatMemory()
    }
    if (does === 'line') write({ did: 'effect', ...named })
    write({ did: 'ended', ...named })
    return result
  }
}

function effect(
  { transaction, fence }: HandlerContext<typeof labJob>,
  result: { attempt: number; workerId: string },
  { does, ms }: { does: string; ms: number },
): Promise<{ attempt: number; workerId: string }> {
  return transaction(async (_, client) => {
    await client.query('insert into lab.effect (job_id, attempt) values ($1, $2)', [
      fence.jobId,
      fence.attempt,
    ])
    await pause(ms)
    if (does === 'effect_undone') throw new TerminalJobError('Its effects must go with it')
    return result
  })
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

/** Nothing else turns meanwhile. @returns for how long, in milliseconds */
function block(ms: number): number {
  const begin = performance.now()
  while (performance.now() < begin + ms);
  return performance.now() - begin
}
