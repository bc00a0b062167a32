import type { Job, JobId, Json, Logger } from '@jq/core'
import type { Attempt } from './attempt.ts'
import type { HandlerContext } from './handler.ts'

/** What a handler is told beside its payload: each part is made when it is looked at, since most handlers look at few. */
export class AttemptContext implements HandlerContext {
  readonly #attempt: Attempt
  readonly #payload: unknown
  #job: Job<any> | undefined

  constructor(attempt: Attempt, payload: unknown) {
    this.#attempt = attempt
    this.#payload = payload
  }

  get job(): Job<any> {
    this.#job ??= this.#attempt.jobWith(this.#payload)
    return this.#job
  }

  get signal(): AbortSignal {
    return this.#attempt.signal
  }

  get fence(): { readonly jobId: JobId; readonly attempt: number } {
    const { jobId, attempt } = this.#attempt.claimed
    return { jobId, attempt }
  }

  get log(): Logger {
    return this.#attempt.logger
  }

  get transaction(): HandlerContext['transaction'] {
    return (fn) => this.#attempt.transaction(fn)
  }

  get setProgress(): HandlerContext['setProgress'] {
    return async (progress: Json) => this.#attempt.setProgress(progress)
  }
}
