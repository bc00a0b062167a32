import { JobQueueError } from '@jq/core'

/**
 * The thread or process of an isolated handler ended before the handler did, or what goes there or comes back cannot be sent. The
 * attempt has failed, like any other, and no other job has noticed.
 */
export class IsolatedHandlerError extends JobQueueError {
  readonly code = 'isolated_handler'
  readonly reason: 'outOfMemory' | 'ended' | 'notSendable'

  constructor(reason: IsolatedHandlerError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
