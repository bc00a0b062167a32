import { z } from 'zod'
import { type Duration, durationMs } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import type { JobOptions } from './job-definition.ts'
import { checkedId } from './job-id.ts'
import { isPlainObject } from './plain-object.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

const INT32 = 2 ** 31
/** PostgreSQL's timestamps end in the year 294276; ISO text of four digits ends before. */
const LAST_DATE = Date.UTC(9999, 11, 31)
/** The year 1: before it ISO's years and PostgreSQL's part. */
const FIRST_DATE = -62_135_596_800_000

const retryCount = refine<number>(
  'invalid_retry_count',
  (count) => Number.isInteger(count) && count >= -1 && count <= 1_000_000,
  'Give a whole number from 0 to 1000000, or -1 for no limit.',
)
const span = refine<Duration>('invalid_duration', (value) => durationMs(value, 'x') >= 0, '')

/** What the options of a job may be, one rule a key; the type that people read is `JobOptions`. */
const jobOptions = {
  id: refine<string>('invalid_id', (id) => checkedId(id, 'id') !== '', ''),
  origin: shortText(100),
  priority: refine<number>(
    'invalid_priority',
    (n) => Number.isInteger(n) && n >= -INT32 && n < INT32,
    'Give an integer of 32 bits; higher goes first.',
  ),
  startAt: refine<Date>(
    'invalid_date',
    (date) => date instanceof Date && date.getTime() <= LAST_DATE && date.getTime() >= FIRST_DATE,
    'Give a valid Date before the year 10000.',
  ),
  runAfter: span,
  maxRetryCount: retryCount,
  maxTimeoutRetryCount: retryCount,
  timeout: span,
  uniqueKey: refine<string>('too_long', (key) => checkedText(key, 512, 'uniqueKey') !== '', ''),
  groupKey: refine<string>('too_long', (key) => checkedText(key, 512, 'groupKey') !== '', ''),
  trace: refine<Record<string, string>>(
    'invalid_trace',
    isTrace,
    'Give what a propagator writes: an object of texts, at most 8192 characters of JSON.',
  ),
} satisfies { [key in keyof Required<JobOptions>]: z.ZodType }

export const jobOptionKeys: readonly string[] = Object.keys(jobOptions)

type Rule = { safeParse(value: unknown): z.ZodSafeParseResult<unknown> }
const rules = Object.entries(jobOptions) as [keyof JobOptions, Rule][]

/**
 * Refuses options that no job can have.
 *
 * @param path - what holds the options, for the error: `options`, `definition`, `jobs[17]`
 * @throws InvalidInputError
 */
export function checkedJobOptions(options: JobOptions, path: string): void {
  refuseUnknown(options, jobOptionKeys, path)
  for (const [key, rule] of rules) {
    if (options[key] !== undefined) checkOption(options[key], rule, `${path}.${key}`)
  }
  if (options.startAt !== undefined && options.runAfter !== undefined) {
    throw new InvalidInputError(
      'conflicting_options',
      `${path}.runAfter`,
      'stands beside startAt. Give at most one of the two.',
    )
  }
}

/** @throws InvalidInputError with reason `invalid_job_type` */
export function checkedJobType(type: unknown, path: string): string {
  if (typeof type === 'string' && /^[A-Za-z0-9_.:/-]{1,100}$/.test(type)) return type
  throw new InvalidInputError(
    'invalid_job_type',
    path,
    `${shown(type)} is no job type. Use 1 to 100 of A-Z a-z 0-9 _ . : / -`,
  )
}

/** @throws InvalidInputError with reason `too_long` or `invalid_text` */
export function checkedText(text: unknown, most: number, path: string): string {
  if (typeof text !== 'string')
    throw new InvalidInputError('invalid_text', path, `${shown(text)} is no text. Give a string.`)
  if (text.length === 0)
    throw new InvalidInputError('invalid_text', path, 'is empty. Give at least one character.')
  if (text.includes('\0') || !text.isWellFormed())
    throw new InvalidInputError(
      'invalid_text',
      path,
      'has U+0000 or half a character, which PostgreSQL cannot store. Remove it.',
    )
  const long = most > 100 ? Buffer.byteLength(text) : [...text].length
  if (long > most)
    throw new InvalidInputError(
      'too_long',
      path,
      `is ${long} ${most > 100 ? 'bytes' : 'characters'} long; at most ${most} are stored.`,
    )
  return text
}

function checkOption(value: unknown, rule: Rule, path: string): void {
  const { error } = rule.safeParse(value)
  if (error === undefined) return
  const issue = error.issues[0] as z.core.$ZodIssueCustom
  throw new InvalidInputError(String(issue.params?.reason ?? 'invalid_option'), path, issue.message)
}

function isTrace(trace: unknown): boolean {
  if (typeof trace !== 'object' || trace === null || !isPlainObject(trace)) return false
  const texts = Object.entries(trace).flat()
  return (
    texts.every((text) => typeof text === 'string' && !text.includes('\0') && text.isWellFormed()) &&
    JSON.stringify(trace).length <= 8_192
  )
}

function shortText(most: number) {
  return refine<string>('too_long', (text) => checkedText(text, most, 'x') !== '', '')
}

/** A rule that keeps its reason; a check that throws an InvalidInputError gives its own. */
function refine<T>(reason: string, holds: (value: T) => boolean, advice: string) {
  return z.custom<T>().superRefine((value, context) => {
    try {
      if (!holds(value))
        context.addIssue({
          code: 'custom',
          message: `${shown(value)} will not do. ${advice}`,
          params: { reason },
        })
    } catch (error) {
      const { reason: why, message, path } = error as InvalidInputError
      context.addIssue({
        code: 'custom',
        message: message.slice(path.length + 2, -why.length - 3),
        params: { reason: why },
      })
    }
  })
}
