import { durationMs } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import type { JobDesc, JobOptions } from './job-definition.ts'
import { checkedId, type JobId, newId } from './job-id.ts'
import { checkedJobOptions, checkedJobType } from './job-options.ts'
import { jsonText } from './json-text.ts'
import { checkedVersion } from './payload-history.ts'
import { shown } from './shown.ts'

/** A job that was checked and is ready to be stored: the names are those of the database's columns. */
export interface PreparedJob {
  readonly id: JobId
  /** Made here, so that no job can have it already. */
  readonly idIsNew: boolean
  readonly type: string
  /** JSON text, so that it is made once and travels unchanged. */
  readonly payload: string
  /** Null: 1, as of most. */
  readonly payloadVersion: number | null
  readonly priority: number
  readonly origin: string
  readonly startAt: Date | null
  readonly runAfterMs: number | null
  readonly maxRetryCount: number | null
  readonly maxTimeoutRetryCount: number | null
  readonly timeoutMs: number | null
  readonly uniqueKey: string | null
  readonly groupKey: string | null
  /** JSON text. */
  readonly trace: string | null
}

class Given {
  constructor(desc: JobDesc) {
    // biome-ignore lint/correctness/noConstructorReturn: so that the field below becomes one of the job itself
    return desc
  }
}

/**
 * What `with` has checked need not be checked again. The payload's text is a private field of the very job: nobody sees it, and a copy
 * that the user changed does not have it, and is checked. A WeakMap says the same, and cost as much as all the checks.
 */
class Checked extends Given {
  readonly #payload: string

  constructor(desc: JobDesc, payload: string) {
    super(desc)
    this.#payload = payload
  }

  static payloadOf(desc: JobDesc): string | undefined {
    return #payload in desc ? desc.#payload : undefined
  }
}

/** Freezes the job, so that what was checked stays what is stored. */
export function rememberPayload(desc: JobDesc, text: string): JobDesc {
  new Checked(desc, text)
  return Object.freeze(desc)
}

/**
 * Checks a job and gives it its id.
 *
 * @param path - where the caller wrote it, for errors: `jobs[17]`
 * @throws InvalidInputError
 */
export function prepareJob(desc: JobDesc, origin: string, path: string): PreparedJob {
  if (typeof desc !== 'object' || desc === null)
    throw new InvalidInputError(
      'undefined_value',
      path,
      `${shown(desc)} is no job. Make one with definition.with(payload).`,
    )
  const remembered = Checked.payloadOf(desc)
  if (remembered === undefined) checkByHand(desc, path)
  return {
    id: desc.id === undefined ? newId() : checkedId(desc.id, `${path}.id`),
    idIsNew: desc.id === undefined,
    type: desc.type,
    payload: remembered ?? jsonText(desc.payload, `${path}.payload`),
    payloadVersion: (desc.version ?? 1) === 1 ? null : (desc.version as number),
    priority: desc.priority ?? 0,
    origin: desc.origin ?? origin,
    startAt: desc.startAt ?? null,
    runAfterMs: desc.runAfter === undefined ? null : durationMs(desc.runAfter, `${path}.runAfter`),
    maxRetryCount: desc.maxRetryCount ?? null,
    maxTimeoutRetryCount: desc.maxTimeoutRetryCount ?? null,
    timeoutMs: desc.timeout === undefined ? null : Math.ceil(durationMs(desc.timeout, `${path}.timeout`)),
    uniqueKey: desc.uniqueKey ?? null,
    groupKey: desc.groupKey ?? null,
    trace: desc.trace === undefined ? null : JSON.stringify(desc.trace),
  }
}

function checkByHand(desc: JobDesc, path: string): void {
  const { type, payload, version, ...options } = desc
  checkedJobType(type, `${path}.type`)
  if (version !== undefined) checkedVersion(version, `${path}.version`)
  if (payload === undefined)
    throw new InvalidInputError(
      'undefined_value',
      `${path}.payload`,
      'is missing. Give null where there is nothing to say.',
    )
  checkedJobOptions(options as JobOptions, path)
}
