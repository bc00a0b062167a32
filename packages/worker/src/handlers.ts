import { exponentialBackoff, InvalidInputError, type JobDefinition, type RetryRule } from '@jq/core'
import { type ClaimedType, checkedDefinition, durationMs, refuseUnknown } from '@jq/core/internal'
import type { Handler, HandlerOptions } from './handler.ts'
import { checkedCount, checkedRetryCount, type WorkerSettings } from './worker-options.ts'

export interface RegisteredHandler {
  readonly definition: JobDefinition
  readonly handler: Handler<JobDefinition>
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

/** The handlers of one worker, by job type: a type has one. */
export class Handlers {
  readonly #byType = new Map<string, RegisteredHandler>()
  readonly #settings: WorkerSettings

  constructor(settings: WorkerSettings) {
    this.#settings = settings
  }

  register(definition: JobDefinition, handler: Handler<JobDefinition>, options: HandlerOptions): void {
    refuseUnknown(options, KEYS, 'options')
    checkedDefinition(definition)
    if (typeof handler !== 'function')
      throw new InvalidInputError('invalid_handler', 'handler', `${typeof handler} is no function.`)
    if (this.#byType.has(definition.type))
      throw new InvalidInputError(
        'duplicate_handler',
        'job',
        `${definition.type} has a handler already. A type has one; unregister it first to replace it.`,
      )
    this.#byType.set(definition.type, this.#resolved(definition, handler, options))
  }

  unregister(types: readonly string[]): void {
    for (const type of types) this.#byType.delete(type)
  }

  of(type: string): RegisteredHandler | undefined {
    return this.#byType.get(type)
  }

  types(): readonly string[] {
    return [...this.#byType.keys()].sort()
  }

  /** Of some type no more than so many run at once. */
  get areLimited(): boolean {
    for (const { concurrency } of this.#byType.values()) if (Number.isFinite(concurrency)) return true
    return false
  }

  /** What a claim may take of each type, where `running` are at work. */
  claimable(free: number, running: (type: string) => number): ClaimedType[] {
    return [...this.#byType.values()].flatMap(
      ({ definition: { type }, concurrency, maxRetryCount, maxTimeoutRetryCount, timeoutMs }) => {
        const room = Math.min(
          free,
          concurrency === Number.POSITIVE_INFINITY ? free : concurrency - running(type),
        )
        return room > 0 ? [{ type, room, maxRetryCount, maxTimeoutRetryCount, timeoutMs }] : []
      },
    )
  }

  #resolved(
    definition: JobDefinition,
    handler: Handler<JobDefinition>,
    options: HandlerOptions,
  ): RegisteredHandler {
    const { concurrency, timeout, maxRetryCount, maxTimeoutRetryCount } = options
    return {
      definition,
      handler,
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
