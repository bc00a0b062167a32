import { NotFoundError } from '@jq/core'
import type { Universe } from '@jq/testing/conformance'
import {
  hasError,
  hasStopped,
  isRunning,
  isWished,
  stateIn,
} from '../../../testing/src/conformance/state-model.ts'
import type { ModelBundle, ModelJob, QueueModel } from './queue-model.ts'

/** All that a reader can see of a queue, as lines, so that a difference is read at once. */
export async function seenIn({ queue, broken }: Universe, model: QueueModel): Promise<readonly string[]> {
  const { jobs } = await queue.getJobs({ limit: 1_000 })
  const lines = jobs.map((job) => {
    const { id, state, attempt, currentRetryCount, currentTimeoutRetryCount, crashCount, bundleId } = job
    const wished = state === 'running' && job.cancelRequestedAt !== null
    const counts = [attempt, currentRetryCount, currentTimeoutRetryCount, crashCount].join('/')
    const marks = [
      ...(wished ? ['shall end'] : []),
      ...(job.progress !== null ? ['progress'] : []),
      ...(job.startAt !== null ? ['planned'] : []),
      ...(job.workerAliveAt !== null ? ['alive'] : []),
      ...(job.stoppedAt !== null ? ['stopped'] : []),
      ...(job.errorMsg ? ['error'] : []),
    ]
    return jobLine(id, state, counts, bundleId ?? job.afterBundleId, marks)
  })
  for (const id of model.known.bundles) lines.push(await bundleLineOf(queue, id))
  const { scheduled, available, running, retrying, succeeded, failed, cancelled, dead } =
    await queue.getStats()
  lines.push(statsLine({ scheduled, available, running, retrying, succeeded, failed, cancelled, dead }))
  return [...lines.sort(), ...(await broken())]
}

/** The same of the model. */
export function expectedOf(model: QueueModel): readonly string[] {
  const lines = [...model.jobs.values()].map(lineOf)
  for (const id of model.known.bundles) lines.push(modelBundleLine(model, id, model.bundles.get(id)))
  const stats = {
    scheduled: 0,
    available: 0,
    running: 0,
    retrying: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    dead: 0,
  }
  for (const { standing } of model.jobs.values()) stats[stateIn(standing.situation) as keyof typeof stats]++
  lines.push(statsLine(stats))
  return lines.sort()
}

function lineOf({ id, bundleId, afterBundleId, standing }: ModelJob): string {
  const { situation, attempt, retries, timeoutRetries, crashes, progress, startAt } = standing
  const counts = [attempt, retries, timeoutRetries, crashes].join('/')
  const marks = [
    ...(isWished(situation) ? ['shall end'] : []),
    ...(progress ? ['progress'] : []),
    ...(startAt ? ['planned'] : []),
    ...(isRunning(situation) ? ['alive'] : []),
    ...(hasStopped(situation) ? ['stopped'] : []),
    ...(hasError(situation) ? ['error'] : []),
  ]
  return jobLine(id, stateIn(situation), counts, bundleId ?? afterBundleId, marks)
}

function jobLine(
  id: string,
  state: string,
  counts: string,
  of: string | null,
  marks: readonly string[],
): string {
  return `job ${id} ${state} ${counts} of ${of ?? 'none'}: ${marks.join(', ')}`
}

async function bundleLineOf(queue: Universe['queue'], id: string): Promise<string> {
  try {
    const { bundle } = await queue.getBundleState(id)
    const { numJobs, numJobsStopped, numJobsFailed, epoch, stoppedAt } = bundle
    return bundleLine(id, [numJobs, numJobsStopped, numJobsFailed, epoch], stoppedAt !== null)
  } catch (error) {
    if (error instanceof NotFoundError) return `bundle ${id} is gone`
    throw error
  }
}

function modelBundleLine(model: QueueModel, id: string, bundle: ModelBundle | undefined): string {
  if (bundle === undefined) return `bundle ${id} is gone`
  const { jobs, stopped, failed } = model.countsOf(id)
  return bundleLine(id, [jobs, stopped, failed, bundle.epoch], bundle.isOver)
}

function bundleLine(id: string, counts: readonly number[], isOver: boolean): string {
  return `bundle ${id} ${counts.join('/')}${isOver ? ' has stopped' : ''}`
}

function statsLine(stats: Readonly<Record<string, number>>): string {
  return `stats ${JSON.stringify(stats)}`
}
