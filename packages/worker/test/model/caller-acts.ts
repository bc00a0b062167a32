import { BundleSealedError, BundleStoppedError, JobRunningError, NotFoundError } from '@jq/core'
import { newId } from '@jq/core/internal'
import { expect } from 'vitest'
import { hasStopped } from '../../../testing/src/conformance/state-model.ts'
import type { Command } from '../../../testing/src/conformance/transitions.ts'
import type { Acts, Walk } from './act.ts'
import { pass } from './pass.ts'
import { A_MINUTE, A_SILENCE, AN_HOUR, type QueueModel } from './queue-model.ts'

const KEYS = ['k1', 'k2', null, null, null]

/** What producers and operators do, and time. The numbers choose among what there is. */
export const callerActs: Acts = {
  async add(walk, numbers) {
    await addAll(walk, [wanted(numbers)])
  },
  async addMany(walk, [many = 0, ...numbers]) {
    await addAll(walk, listOf(1 + (many % 4), numbers))
  },
  async addAgain(walk, [which = 0]) {
    const id = pick(walk.model.known.jobs, which)
    if (id === undefined) return
    await addAll(walk, [{ ...wanted([]), id }])
  },
  async addBundle({ model, universe }, [many = 0, how = 0, ...numbers]) {
    const [open, whenStopped, id] = [how % 2 === 1, how % 3 === 1, newId()]
    const deleteOnSuccess = how >= 6
    const jobs = listOf(open ? many % 4 : 1 + (many % 3), numbers) // one that is closed and empty is refused
    const after = whenStopped ? [{ type: 'after', payload: {} }] : []
    const wants = { id, jobs, open, whenStopped: after, deleteOnSuccess }
    await universe.queue.addBundle({ type: 'b', origin: 'o', ...wants })
    const asked = { id, whenStopped, deleteOnSuccess, sealed: !open }
    model.bundles.set(id, { ...asked, followers: [], epoch: 0, isOver: false, stoppedAt: 0 })
    model.known.bundles.push(id)
    for (const job of jobs) if (standsInTheWay(model, job) === undefined) addToModel(model, job, id)
  },
  async addToBundle({ model, universe }, [which = 0, many = 0, ...numbers]) {
    const id = pick(model.known.bundles, which)
    if (id === undefined) return
    const jobs = listOf(1 + (many % 2), numbers)
    const answer = await named(universe.queue.addToBundle(id, jobs).then(() => 'added'))
    const bundle = model.bundles.get(id)
    expect(answer).toBe(
      bundle === undefined
        ? 'NotFoundError'
        : bundle.isOver
          ? 'BundleStoppedError'
          : bundle.sealed
            ? 'BundleSealedError'
            : 'added',
    )
    if (answer !== 'added') return
    for (const job of jobs) if (standsInTheWay(model, job) === undefined) addToModel(model, job, id)
  },
  async sealBundle({ model, universe }, [which = 0]) {
    const id = pick(model.known.bundles, which)
    if (id === undefined) return
    const bundle = model.bundles.get(id)
    const answer = await named(universe.queue.sealBundle(id).then(() => 'sealed'))
    expect(answer).toBe(bundle === undefined ? 'NotFoundError' : 'sealed')
    if (bundle !== undefined) bundle.sealed = true
  },
  cancelJob: (walk, [which = 0]) => ask(walk, which, 'cancelJob', (id, { queue }) => queue.cancelJob(id)),
  resetJob: (walk, [which = 0]) => ask(walk, which, 'resetJob', (id, { queue }) => queue.resetJob(id)),
  resetJobCancelling: (walk, [which = 0]) =>
    ask(walk, which, 'resetJobCancel', (id, { queue }) => queue.resetJob(id, { ifRunning: 'cancel' })),
  startLater: (walk, [which = 0]) =>
    ask(walk, which, 'setJobStartAhead', (id, { queue }) =>
      queue.setJobStart(id, new Date(walk.now() + AN_HOUR)),
    ),
  startNow: (walk, [which = 0]) =>
    ask(walk, which, 'setJobStartPast', (id, { queue }) =>
      queue.setJobStart(id, new Date(walk.now() - AN_HOUR)),
    ),
  deleteJob: (walk, [which = 0]) => ask(walk, which, 'deleteJob', (id, { queue }) => queue.deleteJob(id)),
  async cancelJobBundle({ model, universe }, [which = 0]) {
    const id = pick(model.known.bundles, which)
    if (id === undefined) return
    await universe.queue.cancelJobBundle(id)
    for (const member of model.membersOf(id)) model.apply('cancelJob', member.id)
  },
  async deleteJobBundle({ model, universe }, [which = 0]) {
    const id = pick(model.known.bundles, which)
    if (id === undefined) return
    expect(await universe.queue.deleteJobBundle(id)).toBe(model.bundles.has(id))
    for (const member of model.membersOf(id)) model.apply('deleteJobBundle', member.id)
    model.bundles.delete(id)
  },
  async deleteFinishedJobs({ model, universe }) {
    const before = model.jobs.size
    const deleted = await universe.queue.deleteFinishedJobs()
    for (const { id } of [...model.jobs.values()]) model.apply('deleteFinishedJobs', id)
    expect(deleted).toBe(before - model.jobs.size)
  },
  keep: (walk) => pass(walk, 0),
  aSilence: (walk) => pass(walk, A_SILENCE),
  anHour: (walk) => pass(walk, AN_HOUR),
  /** An hour in which every process beat. */
  async anHourOfBeats(walk) {
    await pass(walk, AN_HOUR)
    for (const [hand, worker] of walk.hands.entries()) {
      await worker.beat()
      walk.model.beat(hand)
    }
  },
}

interface Wanted {
  readonly id: string
  readonly type: string
  readonly payload: object
  readonly priority: number
  readonly uniqueKey?: string
  readonly runAfter?: number
  readonly timeout?: number
}

function wanted([key = 4, priority = 0, delay = 0]: readonly number[]): Wanted {
  const uniqueKey = KEYS[key % KEYS.length] ?? null
  const runAfter = delay % 4 === 3 ? { runAfter: AN_HOUR } : {}
  const timeout = delay % 3 === 1 ? { timeout: A_MINUTE } : {}
  const keyed = uniqueKey === null ? {} : { uniqueKey }
  return { id: newId(), type: 'work', payload: {}, priority: priority % 3, ...keyed, ...runAfter, ...timeout }
}

function listOf(many: number, numbers: readonly number[]): Wanted[] {
  return Array.from({ length: many }, (_, n) => wanted(numbers.slice(n)))
}

async function addAll({ model, universe }: Walk, jobs: readonly Wanted[]): Promise<void> {
  const results = await universe.queue.addMany(jobs)
  // Keys are taken in their order, and within a key in that of the list.
  const answers = jobs.map((job) => {
    const holder = standsInTheWay(model, job)
    if (holder === undefined) addToModel(model, job, null)
    return holder === undefined ? { id: job.id, status: 'added' } : { id: holder, status: 'duplicate' }
  })
  expect(results).toEqual(answers)
}

/** The id of the job for which this one is taken. */
function standsInTheWay(model: QueueModel, { id, uniqueKey }: Wanted): string | undefined {
  return model.jobs.has(id) ? id : model.holderOf(uniqueKey ?? null)?.id
}

function addToModel(model: QueueModel, job: Wanted, bundleId: string | null): void {
  const { id, type, priority, uniqueKey = null, runAfter = 0, timeout: timeoutMs } = job
  model.add({ id, type, priority, uniqueKey, bundleId, afterBundleId: null, timeoutMs }, runAfter)
}

/** Asks the same of the queue and of the model. */
async function ask(
  { model, universe }: Walk,
  which: number,
  command: Command,
  asking: (id: string, universe: Walk['universe']) => Promise<unknown>,
): Promise<void> {
  const id = pick(model.known.jobs, which)
  if (id === undefined) return
  const answer = await named(asking(id, universe).then(String))
  const job = model.jobs.get(id)
  const begins = command.startsWith('reset') || command.startsWith('setJobStart')
  const isHindered =
    begins &&
    job !== undefined &&
    hasStopped(job.standing.situation) &&
    model.holderOf(job.uniqueKey) !== undefined
  expect(answer).toBe(isHindered ? 'false' : model.apply(command, id))
  if (isHindered || job === undefined) return
  if (command === 'setJobStartAhead') job.dueAt = model.now + AN_HOUR
  if (command === 'setJobStartPast') job.dueAt = model.now
}

async function named(asking: Promise<string>): Promise<string> {
  return asking.catch((error: Error) => {
    const refusals = [JobRunningError, NotFoundError, BundleSealedError, BundleStoppedError]
    if (refusals.some((refusal) => error instanceof refusal)) return error.name
    throw error
  })
}

/** Of the newest, so that all meet all. */
function pick(ids: readonly string[], which: number): string | undefined {
  const newest = ids.slice(-8)
  return newest[which % Math.max(1, newest.length)]
}
