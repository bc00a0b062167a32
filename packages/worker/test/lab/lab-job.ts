import { defineJob, SnoozeJob, TerminalJobError } from '@jq/core'
import { z } from 'zod'
import type { Handler, HandlerContext } from '../../src/index.ts'
import type { WorkerSaid } from './worker-process.ts'

/** The kinds of writes that an attempt can make, each of which can come too late. */
export const KINDS = [
  'succeeded',
  'failed',
  'timedOut',
  'snoozed',
  'released',
  'progress',
  'transaction',
] as const

const ACTS = [
  'end', // at once
  'turn', // after some turns of the event loop
  'last', // for `ms`
  'wait', // until it is told to
  'fail', // at its first attempt; the second ends at once
  'cling', // until its signal aborts, and writes then
  'die', // with its process
  'block', // and never lets the loop turn for `ms`
  'effect', // after it has written a row of its own in its transaction
  'effect-fail', // the same, and then throws inside of it
  'late', // as `kind` says, when it is told to; its second attempt succeeds then
] as const

export const labJob = defineJob('lab', {
  payload: z.object({ does: z.enum(ACTS), ms: z.int().default(0), kind: z.enum(KINDS).default('succeeded') }),
  result: z.object({ attempt: z.int(), workerId: z.string() }),
})

export type Say = (said: WorkerSaid) => void
type Context = HandlerContext<typeof labJob>
type LabResult = { attempt: number; workerId: string }

/** The handler of the lab's jobs. */
export function actOf(process: {
  say: Say
  gate(): Promise<void>
  workerId(): string
}): Handler<typeof labJob> {
  const { say } = process
  return async ({ does, ms, kind }, context) => {
    const { job, signal, fence } = context
    const gate = process.gate()
    const result = { attempt: job.attempt, workerId: process.workerId() }
    say({ said: 'begun', ...fence, does })
    signal.addEventListener('abort', () => say({ said: 'aborted', ...fence, reason: signal.reason.reason }))
    if (does === 'effect' || does === 'effect-fail') return effect(context, result, { does, ms })
    if (does === 'late' && job.attempt === 1) return late(context, result, { kind, gate, say })
    if (does === 'fail' && job.attempt === 1) throw new Error('It is tried again')
    if (does === 'turn') await new Promise(setImmediate)
    if (does === 'last') await new Promise((resolve) => setTimeout(resolve, ms))
    if (does === 'wait' || does === 'late') await Promise.race([gate, aborted(signal)])
    if (does === 'cling') await cling(context, say)
    if (does === 'die') globalThis.process.kill(globalThis.process.pid, 'SIGKILL')
    if (does === 'block') for (const end = performance.now() + ms; performance.now() < end; ); // nothing else turns meanwhile
    say({ said: 'ended', ...fence, does })
    return result
  }
}

function effect(
  { transaction, fence }: Context,
  result: LabResult,
  { does, ms }: { does: string; ms: number },
): Promise<LabResult> {
  return transaction(async (trx) => {
    await trx.insertInto('public.effect').values({ job_id: fence.jobId, attempt: fence.attempt }).execute()
    await new Promise((resolve) => setTimeout(resolve, ms))
    if (does === 'effect-fail') throw new TerminalJobError('its effects must go with it')
    return result
  })
}

/** Ends in its own way once the gate opens, or once it is aborted where nothing else ends an attempt so. */
async function late(
  { signal, fence, setProgress, transaction }: Context,
  result: LabResult,
  { kind, gate, say }: { kind: (typeof KINDS)[number]; gate: Promise<void>; say: Say },
): Promise<LabResult> {
  if (kind === 'timedOut' || kind === 'released') return aborted(signal)
  if (kind === 'transaction') {
    const done = transaction(async (trx) => {
      await trx.insertInto('public.effect').values({ job_id: fence.jobId, attempt: fence.attempt }).execute()
      say({ said: 'written', ...fence, does: kind })
      await gate
      return result
    })
    return refused(done, fence, say)
  }
  await gate
  if (kind === 'progress') await refused(setProgress('late'), fence, say)
  say({ said: 'ended', ...fence, does: kind })
  if (kind === 'failed') throw new Error('too late')
  if (kind === 'snoozed') throw new SnoozeJob('1h')
  return result
}

async function cling({ signal, fence, setProgress, transaction }: Context, say: Say): Promise<void> {
  await aborted(signal).catch(() => undefined)
  await refused(setProgress('late'), fence, say).catch(() => undefined)
  const write = transaction(async (trx) => {
    await trx.insertInto('public.effect').values({ job_id: fence.jobId, attempt: fence.attempt }).execute()
    return { attempt: fence.attempt, workerId: 'late' }
  })
  await refused(write, fence, say).catch(() => undefined)
}

async function refused<T>(write: Promise<T>, fence: Context['fence'], say: Say): Promise<T> {
  return write.catch((error) => {
    say({ said: 'refused', ...fence, code: error.code ?? error.message })
    throw error
  })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason))
  })
}
