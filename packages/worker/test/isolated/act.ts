import { existsSync, writeFileSync } from 'node:fs'
import { isMainThread, threadId } from 'node:worker_threads'
import { JobError, SnoozeJob, TerminalJobError } from '@jq/core'
import type { Handler } from '../../src/index.ts'
import type { isolatedJob } from './isolated-job.ts'

const here = { pid: process.pid, threadId, isMainThread }

export default (async ({ does, until, at }, { job, fence, signal, log, setProgress, transaction }) => {
  switch (does) {
    case 'spin':
      if (until !== undefined) writeFileSync(`${until}.pid`, String(process.pid))
      while (until === undefined || !existsSync(until)); // nothing else turns here meanwhile
      return here
    case 'eat':
      return eat()
    case 'obey':
      await setProgress('it obeys')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw new Error(`heard of ${signal.reason.name} ${signal.reason.reason}`)
    case 'cling':
      await setProgress('it clings')
      return new Promise<never>(() => setInterval(() => undefined, 1_000))
    case 'progress':
      await setProgress({ percent: 50 })
      await setProgress(1n as never).catch((error) => log.info({ error: error.message }, 'refused'))
      return here
    case 'log':
      log.warn({ some: 'thing' }, 'from inside')
      log.warn({ some: () => 'function' }, 'what cannot be sent')
      return here
    case 'throw':
      throw new JobError('it went wrong', { data: { row: 7 }, cause: new Error('the disk') })
    case 'terminal':
      throw new TerminalJobError('never again', { data: [1] })
    case 'snooze':
      throw new SnoozeJob('1h')
    case 'text':
      throw 'a text'
    case 'exit':
      return process.exit(3)
    case 'burst':
      setTimeout(() => {
        throw new Error('out of the blue')
      })
      return new Promise<never>(() => undefined)
    case 'env':
      return Object.keys(process.env)
    case 'transact':
      return transaction(async () => 1)
    case 'unsendable':
      return (() => undefined) as never
    default:
      return {
        ...here,
        at: at instanceof Date,
        attempt: fence.attempt,
        id: job.id,
        payload: job.payload.does,
      }
  }
}) satisfies Handler<typeof isolatedJob>

function eat(): never {
  for (const eaten: unknown[] = []; ; ) eaten.push(new Array(100_000).fill({}))
}
