import { AttemptLostError } from '@jq/core'
import type { AttemptKey, StepAnswer, TransactionWork } from '@jq/core/internal'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import type { PoolClient } from 'pg'
import type { Asks } from './database.ts'
import { GuardedClient } from './guarded-client.ts'
import { idleNoLonger } from './query.ts'
import { isConnectionLoss } from './sql-state.ts'
import { wait } from './wait.ts'

export interface HandlerTransaction<T> {
  readonly open: () => Promise<PoolClient>
  readonly attempt: AttemptKey & { readonly jobId: string }
  readonly work: TransactionWork<T>
  /** A plain read: no lock is held while the handler works, else progress, cancel and the reaper would hang on it. */
  readonly stands: (asks: Asks) => Promise<boolean>
  readonly settle: (asks: Asks, answer: Awaited<ReturnType<TransactionWork<T>>>) => Promise<StepAnswer>
  /** Asked on another connection, where the reply to the commit was lost. */
  readonly isRecorded: () => Promise<boolean>
  /** Nobody waits for it any longer: what it waits for ends at once. */
  readonly abandoned: AbortSignal
  readonly noteFailure: (error: unknown) => void
}

/** A caller's open transaction that holds the attempt's row is waited for this often, this long each time. */
const BUSY_TIMES = 100
const BUSY_MS = 100

/** What the handler writes and its job's success commit together, or not at all: the fenced settle decides. */
export async function inHandlerTransaction<T>(plan: HandlerTransaction<T>): Promise<T> {
  const { attempt, work, stands, settle, isRecorded, abandoned } = plan
  let done: { readonly value: T } | undefined
  const { kysely, client, asks } = kyselyOfOneClient(plan)
  try {
    return await kysely
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        if (!(await stands(asks))) throw lost(attempt)
        const answer = await work(trx, client())
        // From here on its locks are others' matter.
        await asks.ask(CompiledQuery.raw(idleNoLonger))
        await settled(() => settle(asks, answer), attempt)
        done = answer
        return answer.value
      })
  } catch (error) {
    if (abandoned.aborted) throw abandoned.reason
    // The commit may have been done although its reply was lost. It is only looked for, never written again: without the
    // handler's own writes a success would be half of one.
    if (done !== undefined && isConnectionLoss(error) && (await isRecorded())) return done.value
    throw error
  }
}

/** The same for a handler whose job is nowhere stored. */
export async function inUnfencedTransaction<T>(
  plan: Pick<HandlerTransaction<T>, 'open' | 'noteFailure'>,
  work: TransactionWork<T>,
): Promise<T> {
  const { kysely, client } = kyselyOfOneClient({ ...plan, abandoned: new AbortController().signal })
  return kysely
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => (await work(trx, client())).value)
}

async function settled(
  settle: () => Promise<StepAnswer>,
  attempt: HandlerTransaction<unknown>['attempt'],
): Promise<void> {
  for (let times = 0; times < BUSY_TIMES; times++) {
    const { lost: gone, busy } = await settle()
    if (gone.length > 0) throw lost(attempt)
    if (busy.length === 0) return
    await wait(BUSY_MS)
  }
  throw new Error(
    `Somebody's open transaction has held job ${attempt.jobId} for too long. It is tried again as its limits allow.`,
  )
}

function lost({ jobId, attempt }: HandlerTransaction<unknown>['attempt']): AttemptLostError {
  return new AttemptLostError(jobId, attempt)
}

/** A Kysely on the one client that the handler is given too, and what we ask there. */
function kyselyOfOneClient({
  open,
  abandoned,
  noteFailure,
}: Pick<HandlerTransaction<unknown>, 'open' | 'abandoned' | 'noteFailure'>) {
  let taken: GuardedClient | undefined
  const connect = async () => {
    taken = new GuardedClient(await open(), abandoned, noteFailure)
    return taken
  }
  const kysely = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: { connect, end: async () => undefined } as never }),
  })
  const asks: Asks = { ask: (statement) => (taken as GuardedClient).ask(statement) }
  return { kysely, asks, client: () => (taken as GuardedClient).client }
}
