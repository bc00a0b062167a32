import type { WorkerService } from '@jq/core'
import {
  type AttemptKey,
  type Outcome,
  overriding,
  type StepRequest,
  type WorkService,
} from '@jq/core/internal'
import type { Deed } from '../history/history-event.ts'
import type { WriteDown } from '../history/history-file.ts'

/** The same service, which writes down every claim and every outcome that it is given, and what came of it. */
export function recordedService(service: WorkerService, write: WriteDown): WorkerService {
  const { work } = service
  const own: Partial<WorkService> = {
    step: (request) => recordedStep(work, request, write),
    transaction: async (workerId, attempt, fn) => {
      if (attempt === null) return work.transaction(workerId, attempt, fn)
      const keyed = { seq: attempt.seq, attempt: attempt.attempt, workerId, kind: 'transaction' }
      write({ did: 'settling', ...keyed })
      try {
        const value = await work.transaction(workerId, attempt, fn)
        write({ did: 'recorded', ...keyed })
        return value
      } catch (error) {
        const code = codeOf(error)
        write(code === 'attempt_lost' ? { did: 'refused', ...keyed } : { did: 'unsure', ...keyed, code })
        throw error
      }
    },
  }
  return overriding<WorkerService>(service, { work: overriding(work, own) })
}

async function recordedStep(work: WorkService, request: StepRequest, write: WriteDown) {
  const { workerId, outcomes } = request
  const keyed = ({ seq, attempt, kind }: Outcome) => ({ seq, attempt, kind, workerId })
  write(...outcomes.map((outcome): Deed => ({ did: 'settling', ...keyed(outcome) })))
  try {
    const answer = await work.step(request)
    const [lost, busy] = [keysOf(answer.lost), keysOf(answer.busy)]
    const fate = (key: string) => (lost.has(key) ? 'refused' : busy.has(key) ? 'postponed' : 'recorded')
    write(
      ...outcomes.map((outcome): Deed => ({ did: fate(keyOf(outcome)), ...keyed(outcome) })),
      ...answer.claimed.map(
        ({ seq, attempt, job }): Deed => ({ did: 'claimed', seq, attempt, workerId, jobId: job.id }),
      ),
    )
    return answer
  } catch (error) {
    const code = codeOf(error)
    write(...outcomes.map((outcome): Deed => ({ did: 'unsure', ...keyed(outcome), code })))
    throw error
  }
}

function keysOf(keys: readonly AttemptKey[]): ReadonlySet<string> {
  return new Set(keys.map(keyOf))
}

function keyOf({ seq, attempt }: AttemptKey): string {
  return `${seq}/${attempt}`
}

/** The code of an error, or of what caused it. */
export function codeOf(error: unknown): string {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown }
  if (typeof code === 'string' && code !== 'commit_unknown') return code
  if (cause !== undefined) return codeOf(cause)
  return typeof code === 'string' ? code : String(message ?? error)
}
