import { type JobState, NotFoundError, type Stats } from '@jq/core'
import type { Universe } from '@jq/testing/conformance'
import {
  hasError,
  hasStopped,
  isRunning,
  isWished,
  stateIn,
} from '../../../testing/src/conformance/state-model.ts'
import { stoppedStates } from '../../../testing/src/conformance/transitions.ts'
import type { ModelBundle, ModelJob, QueueModel } from './queue-model.ts'

/** All that a reader can see of jobs, bundles and schedules, as lines, so that a difference is read at once. */
export async function seenIn({ queue }: Universe, model: QueueModel): Promise<readonly string[]> {
  const [jobs, schedules, bundles] = await Promise.all([
    jobLines(queue),
    scheduleLines(queue),
    Promise.all(model.known.bundles.map((id) => bundleLineOf(queue, id))),
  ])
  return [...jobs, ...schedules, ...bundles].sort()
}

/** The same of the model. */
export function expectedOf(model: QueueModel): readonly string[] {
  const lines = [...model.jobs.values()].map(lineOf)
  for (const id of model.known.bundles) lines.push(modelBundleLine(model, id, model.bundles.get(id)))
  for (const { name, nextAt, lastJobId, isPaused } of model.schedules.values())
    lines.push(scheduleLine(name, nextAt, lastJobId, isPaused))
  return lines.sort()
}

/** How many jobs are in each state. */
export function expectedStats(model: QueueModel): Stats {
  const states = [...model.jobs.values()].map(({ standing }) => stateIn(standing.situation))
  const counted = ALL_STATES.map((state) => [state, states.filter((one) => one === state).length])
  return Object.fromEntries(counted)
}
const ALL_STATES: readonly JobState[] = [
  ...(['scheduled', 'available', 'running', 'retrying'] as const),
  ...stoppedStates,
]

async function jobLines(queue: Universe['queue']): Promise<readonly string[]> {
  const { jobs } = await queue.getJobs({ limit: 1_000 })
  return jobs.map((job) => {
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
}

async function scheduleLines(queue: Universe['queue']): Promise<readonly string[]> {
  const { schedules } = await queue.getSchedules()
  return schedules.map(({ name, nextRunAt, lastJobId, pausedAt }) =>
    scheduleLine(name, nextRunAt?.getTime(), lastJobId, pausedAt !== null),
  )
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

function scheduleLine(
  name: string,
  nextAt: number | undefined,
  lastJobId: string | null,
  isPaused: boolean,
): string {
  return `schedule ${name} next at ${nextAt}, last job ${lastJobId ?? 'none'}${isPaused ? ', paused' : ''}`
}
