import { type SpawnedProcess, spawnProcess } from '@jq/testing/lab'
import type { WorkerOptions } from '../../src/index.ts'
import type { WorkerOrder, WorkerSaid } from './worker-process.ts'

export interface LabWorker {
  readonly process: SpawnedProcess<WorkerSaid>
  readonly id: string
}

/** Recovery at its fastest, so that a test need not wait for patience. */
export const hasty: WorkerOptions = {
  heartbeatInterval: '200ms',
  deadFor: '1s',
  reapInterval: '200ms',
  pollInterval: '200ms',
}

/** For workers that must not lose their lease, although the machine may be busy elsewhere. */
export const patient: WorkerOptions = { ...hasty, deadFor: '4s' }

/** Starts a worker process and waits until its threads run. */
export async function startWorker(
  url: string,
  options: {
    worker?: WorkerOptions
    queue?: Partial<WorkerOrder['queue']>
    threads?: number
    clockShiftMs?: number
  } = {},
): Promise<LabWorker> {
  const order: WorkerOrder = {
    queue: { connectionString: url, ...options.queue },
    worker: { ...hasty, ...options.worker },
    threads: options.threads ?? 1,
  }
  const process = spawnProcess<WorkerSaid>(new URL('worker-process.ts', import.meta.url), {
    args: [JSON.stringify(order)],
    clockShiftMs: options.clockShiftMs,
  })
  const ready = await process.waitFor('the worker is ready', ({ said }) => said === 'ready', {
    within: '30s',
  })
  return { process, id: (ready as { workerId: string }).workerId }
}

/** Waits until this process has begun an attempt, of this job where one is named. */
export async function begun({ process }: LabWorker, jobId?: string): Promise<void> {
  await process.waitFor(
    'an attempt begins',
    (event) => event.said === 'begun' && (jobId ?? event.jobId) === event.jobId,
    { within: '30s' },
  )
}

export function countOf({ process }: LabWorker, said: WorkerSaid['said']): number {
  return process.events.filter((event) => event.said === said).length
}
