import { AttemptLostError } from '@jq/core'
import type { AttemptKey, StepAnswer, TransactionWork } from '@jq/core/internal'
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import type { PoolClient } from 'pg'
import type { Asks } from './database.ts'
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
}

/** A caller's open transaction that holds the attempt's row is waited for this often, this long each time. */
const BUSY_TIMES = 100
const BUSY_MS = 100

/** What the handler writes and its job's success commit together, or not at all: the fenced settle decides. */
export async function inHandlerTransaction<T>({
  open,
  attempt,
  work,
  stands,
  settle,
  isRecorded,
}: HandlerTransaction<T>): Promise<T> {
  let done: { readonly value: T } | undefined
  const { kysely, client } = kyselyOfOneClient(open)
  try {
    return await kysely
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        const asks: Asks = {
          ask: async <Row>(statement: CompiledQuery<Row>) =>
            [...(await trx.executeQuery(statement)).rows] as Row[],
        }
        if (!(await stands(asks))) throw lost(attempt)
        const answer = await work(trx, client())
        await settled(() => settle(asks, answer), attempt)
        done = answer
        return answer.value
      })
  } catch (error) {
    // The commit may have been done although its reply was lost. It is only looked for, never written again: without the
    // handler's own writes a success would be half of one.
    if (done !== undefined && isConnectionLoss(error) && (await isRecorded())) return done.value
    throw error
  }
}

/** The same for a handler whose job is nowhere stored. */
export async function inUnfencedTransaction<T>(
  open: () => Promise<PoolClient>,
  work: TransactionWork<T>,
): Promise<T> {
  const { kysely, client } = kyselyOfOneClient(open)
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

/** A Kysely on the one client that the handler is given too. */
function kyselyOfOneClient(open: () => Promise<PoolClient>): {
  kysely: Kysely<unknown>
  client: () => PoolClient
} {
  let taken: PoolClient | undefined
  const connect = async () => {
    const client = await open()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    taken = client
    // What broke under the handler is destroyed, never given back.
    const release = () => {
      client.off('error', onError)
      client.release(broken)
    }
    return { query: client.query.bind(client), release }
  }
  const kysely = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: { connect, end: async () => undefined } as never }),
  })
  return { kysely, client: () => taken as PoolClient }
}
