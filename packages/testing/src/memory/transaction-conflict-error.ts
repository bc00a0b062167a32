import { JobQueueError } from '@jq/core'

/**
 * Somebody changed meanwhile what a transaction of a queue in memory had been answered, such as taking its unique key; nothing of
 * the transaction was done. Run it again. A database would have let one of the two wait for the other; in memory nobody waits.
 */
export class TransactionConflictError extends JobQueueError {
  readonly code = 'transaction_conflict'

  constructor() {
    super(
      'While this transaction was open, somebody changed what it had been answered: took its unique key, or began or ended its job. Nothing of it was done. Run it again, as after a 40001 of PostgreSQL.',
    )
  }
}
