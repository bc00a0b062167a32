import type { WorkService } from '@jq/core'
import { overriding, type StepAnswer } from '@jq/core/internal'
import type { Observers } from './observers.ts'

/** The same, with observers told of what its round trips have brought and recorded. */
export function observedWork(work: WorkService, observers: Observers): WorkService {
  return overriding<WorkService>(work, {
    step: async (request) => {
      const askedAt = performance.now()
      const answer = await work.step(request)
      if (observers.any) observers.stepped(request, answer, performance.now() - askedAt)
      if (observers.wantTraces && answer.claimed.length > 0) await noteTraces(work, answer, observers)
      return answer
    },
    look: async (request) => {
      const answer = await work.look(request)
      if (answer.reaped.length > 0) observers.reaped(answer.reaped)
      return answer
    },
  })
}

/** Attempts whose context cannot be read are traced without it. */
async function noteTraces(work: WorkService, { claimed }: StepAnswer, observers: Observers): Promise<void> {
  const traces = await work.readTraces(claimed.map(({ seq }) => seq)).catch(() => new Map())
  for (const job of claimed) observers.traced(job, traces.get(job.seq))
}
