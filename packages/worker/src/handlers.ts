import { exponentialBackoff, InvalidInputError, type JobDefinition, type RetryRule } from '@jq/core'
import {
  type ClaimedJob,
  type ClaimedType,
  checkedDefinition,
  durationMs,
  namesOf,
  refuseUnknown,
} from '@jq/core/internal'
import type { Handler, HandlerOptions } from './handler.ts'
import { Rotation } from './rotation.ts'
import { checkedCount, checkedRetryCount, type WorkerSettings } from './worker-options.ts'

export interface RegisteredHandler {
  readonly definition: JobDefinition
  readonly handler: Handler<JobDefinition>
  /** Its type, and its aliases. */
  readonly names: readonly string[]
  /** Where it has several names, which share a bounded room: one of them is asked for at a time. */
  readonly rotation: Rotation | null
  readonly concurrency: number
  readonly timeoutMs: number
  readonly maxRetryCount: number
  readonly maxTimeoutRetryCount: number
  readonly retryRule: RetryRule
}

const KEYS = [
  'concurrency',
  'timeout',
  'maxRetryCount',
  'maxTimeoutRetryCount',
  'retryRule',
] as const satisfies (keyof HandlerOptions)[]

/** The handlers of one worker, by job type and alias: a name has one. */
export class Handlers {
  readonly #byName = new Map<string, RegisteredHandler>()
  #all: readonly RegisteredHandler[] = []
  readonly #settings: WorkerSettings

  constructor(settings: WorkerSettings) {
    this.#settings = settings
  }

  register(definition: JobDefinition, handler: Handler<JobDefinition>, options: HandlerOptions): void {
    refuseUnknown(options, KEYS, 'options')
    checkedDefinition(definition)
    if (typeof handler !== 'function')
      throw new InvalidInputError('invalid_handler', 'handler', `${typeof handler} is no function.`)
    const taken = namesOf(definition).find((name) => this.#byName.has(name))
    if (taken !== undefined)
      throw new InvalidInputError(
        'duplicate_handler',
        'job',
        `${taken} has a handler already. A type has one, also where it is an alias; unregister it first to replace it.`,
      )
    const registered = this.#resolved(definition, handler, options)
    for (const name of registered.names) this.#byName.set(name, registered)
    this.#list()
  }

  /** With all their names. */
  unregister(types: readonly string[]): void {
    const gone = this.#all.filter(({ definition }) => types.includes(definition.type))
    for (const { names } of gone) for (const name of names) this.#byName.delete(name)
    this.#list()
  }

  of(name: string): RegisteredHandler | undefined {
    return this.#byName.get(name)
  }

  types(): readonly string[] {
    return this.#all.map(({ definition }) => definition.type).sort()
  }

  /** Also those that types had formerly. */
  names(): readonly string[] {
    return [...this.#byName.keys()].sort()
  }

  /** Of some type no more than so many run at once. */
  get areLimited(): boolean {
    for (const { concurrency } of this.#all) if (Number.isFinite(concurrency)) return true
    return false
  }

  /** A claim may take something, where `running` are at work. */
  haveRoom(free: number, running: Running): boolean {
    return this.#all.some((handler) => roomOf(handler, free, running) > 0)
  }

  /** What a claim may take of each type, where `running` are at work. */
  claimable(free: number, running: Running): ClaimedType[] {
    return this.#all.flatMap((handler) => {
      const { names, rotation, maxRetryCount, maxTimeoutRetryCount, timeoutMs } = handler
      const room = roomOf(handler, free, running)
      const settings = { room, maxRetryCount, maxTimeoutRetryCount, timeoutMs }
      if (room <= 0) return []
      if (rotation !== null) return [{ type: rotation.current, ...settings }]
      return names.map((type) => ({ type, ...settings }))
    })
  }

  /** After a claim of these types. @returns whether one that shares its room has a name yet that has not been asked for */
  rotate(types: readonly ClaimedType[], claimed: readonly ClaimedJob[]): boolean {
    let isMore = false
    for (const { type, room, from } of types) {
      const rotation = this.#byName.get(type)?.rotation
      if (rotation == null) continue
      const found = claimed.filter((claimed) => claimed.type === type).length
      const isShort = from === undefined && found < room
      isMore = rotation.turn(isShort) || isMore
    }
    return isMore
  }

  #list(): void {
    this.#all = [...new Set(this.#byName.values())]
  }

  #resolved(
    definition: JobDefinition,
    handler: Handler<JobDefinition>,
    options: HandlerOptions,
  ): RegisteredHandler {
    const { concurrency, timeout, maxRetryCount, maxTimeoutRetryCount } = options
    const names = namesOf(definition)
    return {
      definition,
      handler,
      names,
      rotation: concurrency === undefined || names.length === 1 ? null : new Rotation(names),
      concurrency:
        concurrency === undefined
          ? Number.POSITIVE_INFINITY
          : checkedCount(concurrency, 100_000, 'options.concurrency'),
      timeoutMs: timeout === undefined ? this.#settings.timeoutMs : durationMs(timeout, 'options.timeout'),
      maxRetryCount: checkedRetryCount(
        maxRetryCount ?? this.#settings.maxRetryCount,
        'options.maxRetryCount',
      ),
      maxTimeoutRetryCount: checkedRetryCount(
        maxTimeoutRetryCount ?? this.#settings.maxTimeoutRetryCount,
        'options.maxTimeoutRetryCount',
      ),
      retryRule: options.retryRule ?? exponentialBackoff(),
    }
  }
}

/** How many of a name are at work. */
type Running = (name: string) => number

/** No more than what is free. Counting costs a walk, which those without a bound of their own need not. */
function roomOf({ names, concurrency }: RegisteredHandler, free: number, running: Running): number {
  if (concurrency === Number.POSITIVE_INFINITY) return free
  let atWork = 0
  for (const name of names) atWork += running(name)
  return Math.min(free, concurrency - atWork)
}
