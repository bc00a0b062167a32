import { GRACE_MS } from '../grace.ts'
import type { HandlerContext } from '../handler.ts'
import { arrivedError } from './arrived-error.ts'
import { carriedError } from './carried-error.ts'
import type { CellSaid } from './cell-messages.ts'
import { type CellPlace, startPlace } from './cell-place.ts'
import { IsolatedHandlerError } from './isolated-handler-error.ts'
import type { IsolationSettings } from './isolated-options.ts'

interface Run {
  readonly context: HandlerContext
  readonly end: PromiseWithResolvers<unknown>
}

/** A place and the job that runs there, one at a time. */
export class IsolatedCell {
  readonly #settings: IsolationSettings
  readonly #place: CellPlace
  #run: Run | undefined
  #isOver = false
  /** It is gone, or as good as gone. */
  readonly ended: Promise<void>

  constructor(settings: IsolationSettings) {
    this.#settings = settings
    this.#place = startPlace(settings, (said) => this.#hear(said))
    this.ended = this.#place.ended.then((why) => {
      this.#isOver = true
      this.#run?.end.reject(why)
    })
  }

  /** Nothing more will run here. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs the handler, and ends with it, or a little after its signal aborted, killed. */
  async run(payload: unknown, context: HandlerContext): Promise<unknown> {
    const run = { context, end: Promise.withResolvers<unknown>() }
    this.#run = run
    const { signal } = context
    let killing: NodeJS.Timeout | undefined
    const abort = () => {
      this.#place.send({ tell: 'abort', reason: carriedError(signal.reason) })
      killing = setTimeout(() => this.#abandon(run, signal.reason), GRACE_MS)
    }
    this.#place.hold(true)
    try {
      this.#begin(payload, context)
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
      return await run.end.promise
    } finally {
      clearTimeout(killing)
      signal.removeEventListener('abort', abort)
      this.#run = undefined
      if (!this.#isOver) this.#place.hold(false)
    }
  }

  kill(): void {
    this.#isOver = true
    this.#place.hold(true) // its end is waited for
    this.#place.kill()
  }

  #begin(payload: unknown, { job, fence }: HandlerContext): void {
    try {
      this.#place.send({ tell: 'run', file: this.#settings.file, payload, job, fence })
    } catch (error) {
      throw new IsolatedHandlerError(
        'notSendable',
        `The parsed payload of ${job.type} cannot be sent to a ${this.#settings.in}: ${(error as Error).message} Transform it in the handler instead of the schema.`,
        error,
      )
    }
  }

  #abandon({ end }: Run, reason: unknown): void {
    end.reject(reason)
    this.kill()
  }

  #hear(said: CellSaid): void {
    if (said.said === 'broke') this.#isOver = true
    const run = this.#run
    if (run === undefined) return // the handler has ended, and something of it goes on
    if (said.said === 'returned') run.end.resolve(said.result)
    if (said.said === 'threw' || said.said === 'broke') run.end.reject(arrivedError(said.error))
    if (said.said === 'log') run.context.log[said.level](said.fields, said.message)
    if (said.said === 'progress')
      run.context.setProgress(said.progress).then(
        () => this.#answer(said.asks, null),
        (error: unknown) => this.#answer(said.asks, error),
      )
  }

  #answer(to: number, error: unknown): void {
    if (!this.#isOver)
      this.#place.send({ tell: 'answer', to, refusal: error === null ? null : carriedError(error) })
  }
}
