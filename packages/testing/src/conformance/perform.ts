import { AttemptLostError, JobRunningError } from '@jq/core'
import type { AttemptKey, Outcome } from '@jq/core/internal'
import { type Hand, outcome } from './hand.ts'
import { A_SILENCE, type Actor, AN_HOUR, type Stage } from './stage.ts'
import type { Command } from './transitions.ts'

/** Does a command to these actors, each by itself where it can be; what each was answered, null where nobody is. */
export async function perform(
  command: Command,
  stage: Stage,
  actors: readonly Actor[],
): Promise<readonly (string | null)[]> {
  const happen = happenings[command]
  if (happen !== undefined) {
    await happen(stage)
    return actors.map(() => null)
  }
  const answers: string[] = []
  for (const actor of actors) answers.push(await answerOf(command, stage, actor))
  return answers
}

/** What happens to all jobs there are, or to none. */
const happenings: { readonly [command in Command]?: (stage: Stage) => Promise<unknown> } = {
  async due({ universe, queue, holder }) {
    await universe.age(AN_HOUR)
    await queue.work.look({ workerId: holder.id, types: ['work'], reap: false, sleeping: false })
  },
  async claim({ stranger }) {
    await stranger.beat()
    for (;;) if ((await stranger.claim(1_000)).length === 0) return
  },
  reapSilent: (stage) => stage.reapSilent(),
  async reapOverdue({ universe, holder }) {
    await universe.age(10 * A_SILENCE)
    await holder.beat()
    await holder.look()
  },
  deleteFinishedJobs: ({ queue }) => queue.deleteFinishedJobs(),
  async deleteOnSuccess({ universe }) {
    await universe.age(A_SILENCE)
    await universe.keep()
  },
}

async function answerOf(command: Command, stage: Stage, actor: Actor): Promise<string> {
  const { own, cell } = actor
  if (cell.fence === true) return said(command, own.hand, own.key, actor)
  if (cell.fence === null) return String(await asked(command, stage, actor).catch(nameOf))
  const before = { ...own.key, attempt: own.key.attempt - 1 }
  const other = own.hand === stage.holder ? stage.stranger : stage.holder
  const answers = [await said(command, own.hand, before, actor), await said(command, other, own.key, actor)]
  return [...new Set(answers)].join(' or ')
}

function nameOf(error: unknown): string {
  if (error instanceof JobRunningError) return error.name
  throw error
}

async function asked(
  command: Command,
  { queue }: Stage,
  { id, bundleId, uniqueKey }: Actor,
): Promise<unknown> {
  switch (command) {
    case 'add':
      return (await queue.addMany([{ type: 'work', payload: {}, id, uniqueKey }]))[0]?.status
    case 'cancelJob':
      return queue.cancelJob(id)
    case 'resetJob':
      return queue.resetJob(id)
    case 'resetJobCancel':
      return queue.resetJob(id, { ifRunning: 'cancel' })
    case 'setJobStartAhead':
      return queue.setJobStart(id, new Date(Date.now() + AN_HOUR))
    case 'setJobStartPast':
      return queue.setJobStart(id, new Date(Date.now() - AN_HOUR))
    case 'deleteJob':
      return queue.deleteJob(id)
    case 'deleteJobBundle':
      return queue.deleteJobBundle(bundleId as string)
    default:
      throw new Error(`${command} is not asked of a queue`)
  }
}

/** What a worker says of an attempt, and what it is answered. */
async function said(command: Command, hand: Hand, key: AttemptKey, { id }: Actor): Promise<string> {
  if (command === 'check') return (await hand.check(key))[0]?.news ?? 'held'
  if (command === 'setProgress') return progressed(hand, key, id)
  const { lost, busy } = await hand.settle(endOf(command, key))
  if (busy.length > 0) return 'busy'
  return lost.length > 0 ? 'lost' : 'settled'
}

async function progressed(hand: Hand, key: AttemptKey, id: string): Promise<string> {
  try {
    await hand.queue.work.setProgress(hand.id, key, id, '"half"')
    return 'kept'
  } catch (error) {
    if (error instanceof AttemptLostError) return 'lost'
    throw error
  }
}

function endOf(command: Command, key: AttemptKey): Outcome {
  switch (command) {
    case 'succeeded':
      return outcome.succeeded(key, '{"n":2}')
    case 'failed':
    case 'timedOut':
      return { ...key, kind: command, error: { message: 'no', data: null }, retry: { waitMs: AN_HOUR } }
    case 'snoozed':
      return { ...key, kind: 'snoozed', delayMs: AN_HOUR }
    case 'terminal':
    case 'cancelled':
    case 'released':
      return outcome[command](key)
    default:
      throw new Error(`${command} ends no attempt`)
  }
}
