import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Duration } from '@jq/core'
import { durationMs, refuseUnknown } from '@jq/core/internal'

/** How patient {@link until} is. */
export interface UntilOptions {
  /** How long to go on asking. @defaultValue '10s' */
  within?: Duration | undefined
}

/** What does not end the wait. */
export type Falsy = false | 0 | 0n | '' | null | undefined

/**
 * Waits until `condition` answers something truthy, and returns the answer.
 *
 * Shape: asks at once, then after pauses that double from 1 ms up to 100 ms, and once more at the very end. What the
 * condition throws means "not yet", and an answer that never comes is not waited for beyond the end.
 *
 * @param what - completes the sentence "Waited until …"
 * @throws Error that names `what` and the last answer, or has the last error as its `cause`
 * @example
 * const job = await until('the job succeeds', async () => {
 *   const job = await queue.getJob(id)
 *   return job?.state === 'succeeded' && job
 * })
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, Falsy>> {
  refuseUnknown(options, ['within'], 'options')
  const { within = '10s' } = options
  const end = performance.now() + durationMs(within, 'within')
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, 100)) {
    const look = await lookOnce(condition, end)
    if ('answer' in look && look.answer) return look.answer as Exclude<T, Falsy>
    if (performance.now() >= end) throw inVain(what, within, look)
    await wait(Math.max(0, Math.min(pauseMs, end - performance.now())))
  }
}

/** What came of asking once. */
type Look<T> = { answer: T } | { error: unknown } | { silent: true }

async function lookOnce<T>(condition: () => T | Promise<T>, end: number): Promise<Look<T>> {
  const answered = new AbortController()
  const silence = wait(
    Math.max(0, end - performance.now()),
    { silent: true as const },
    { signal: answered.signal },
  )
  try {
    return await Promise.race([answerOf(condition), silence])
  } finally {
    answered.abort()
    silence.catch(() => undefined) // rejects because it is aborted
  }
}

async function answerOf<T>(condition: () => T | Promise<T>): Promise<Look<T>> {
  try {
    return { answer: await condition() }
  } catch (error) {
    return { error }
  }
}

function inVain(what: string, within: Duration, look: Look<unknown>): Error {
  const waited = `Waited ${typeof within === 'number' ? `${within}ms` : within} in vain until ${what}`
  if ('error' in look) return new Error(`${waited}. The last error: ${look.error}`, { cause: look.error })
  if ('silent' in look) return new Error(`${waited}. The last question got no answer.`)
  return new Error(`${waited}. The last answer: ${inspect(look.answer, { breakLength: Infinity })}`)
}
