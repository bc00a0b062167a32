import { isDeepStrictEqual } from 'node:util'
import { InvalidInputError, type SqlExecutor } from '@jq/core'
import { StandingClock } from './clock.ts'
import type { Commits } from './commits.ts'
import { promoteJobs } from './look.ts'
import { Tables } from './tables.ts'
import { TransactionConflictError } from './transaction-conflict-error.ts'

/** Where something is done: in a transaction of the caller's, or in one of its own. */
export interface Doing {
  readonly tables: Tables
  do<T>(act: (tables: Tables) => T): T
}

/**
 * Works on a copy of the tables, which takes their place at the commit. Where others have changed the tables since, the copy is
 * made anew and everything done again on it: so each act sees what others have committed before it, as in READ COMMITTED.
 * Its `now` is when it began, as with PostgreSQL.
 */
export class MemoryTransaction implements SqlExecutor, Doing {
  readonly #commits: Commits
  readonly #copy: Tables
  readonly #done: Done[] = []
  /** After how many changes of the tables the copy was made; none was made yet. */
  #changesSeen = -1
  #ended = false

  constructor(commits: Commits) {
    this.#commits = commits
    this.#copy = new Tables(new StandingClock(commits.tables.now))
  }

  /** @throws InvalidInputError for a handle of somebody else's, or of a transaction that has ended */
  static of(db: unknown, commits: Commits): MemoryTransaction {
    if (!(db instanceof MemoryTransaction) || db.#commits !== commits) throw notATransaction()
    db.#refuseEnded()
    return db
  }

  /** As this transaction sees them. */
  get tables(): Tables {
    this.#refuseEnded()
    this.#catchUp()
    return this.#copy
  }

  /** What throws has written nothing, and is not done again. */
  do<T>(act: (tables: Tables) => T): T {
    const answer = act(this.tables)
    this.#done.push({ act, answer })
    return answer
  }

  async query(): Promise<never> {
    throw new InvalidInputError(
      'no_database',
      'db.query',
      'cannot be asked: this transaction is one of a queue in memory, where there is no SQL. Pass it as { db }, and test your own statements with a queue on PostgreSQL.',
    )
  }

  /** @throws TransactionConflictError */
  commit(): void {
    if (this.#done.length === 0) return
    this.#catchUp()
    this.#commits.do((tables) => {
      tables.become(this.#copy)
      promoteJobs(tables) // while it was open, its own jobs may have fallen due
    })
  }

  end(): void {
    this.#ended = true
  }

  #catchUp(): void {
    const { tables, changes } = this.#commits
    if (changes === this.#changesSeen) return
    this.#copy.become(tables)
    for (const { act, answer } of this.#done) {
      if (!isDeepStrictEqual(answered(this.#copy, act), answer)) throw new TransactionConflictError()
    }
    this.#changesSeen = changes
  }

  #refuseEnded(): void {
    if (!this.#ended) return
    throw new InvalidInputError(
      'transaction_ended',
      'options.db',
      'is a transaction that has ended. Await everything that belongs to it inside of its function.',
    )
  }
}

interface Done {
  readonly act: (tables: Tables) => unknown
  readonly answer: unknown
}

/** What was answered once and is an error now is another answer. */
function answered(tables: Tables, act: Done['act']): unknown {
  try {
    return act(tables)
  } catch (error) {
    return error
  }
}

function notATransaction(): InvalidInputError {
  return new InvalidInputError(
    'not_a_transaction',
    'options.db',
    'is no transaction of this queue, which lives in memory. Pass what queue.transaction(async (db) => …) gives you, or leave it out.',
  )
}
