import {
  type DbHandle,
  InvalidInputError,
  type KyselyTransaction,
  type SqlExecutor,
  type SqlValue,
} from '@jq/core'
import { shown } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Asks } from './database.ts'

/** Runs our statements in a transaction of the caller's. Its errors are the caller's, as they come. */
export function asksIn(db: DbHandle): Asks {
  return {
    ask: async <Row>(statement: CompiledQuery<Row>) => {
      const asked = { ...statement, sql: inOneText(statement.sql) }
      const answer: unknown =
        'executeQuery' in db
          ? await withoutPlugins(db).executeQuery(asked as never)
          : await db.query(asked.sql, [...asked.parameters] as SqlValue[])
      return rowsOf(answer).map((row) => JSON.parse(textOf(row)) as Row)
    },
  }
}

function rowsOf(answer: unknown): readonly unknown[] {
  const { rows } = (answer ?? {}) as { rows?: unknown }
  if (Array.isArray(rows)) return rows
  throw refusal(`a wrapper whose query(sql, values) answered ${shown(answer)}. ${WRAPPERS}`)
}

function textOf(row: unknown): string {
  const { answer } = (row ?? {}) as { answer?: unknown }
  if (typeof answer === 'string') return answer
  throw refusal(
    `a wrapper whose query(sql, values) answered a row without our column: ${shown(row)}. ${WRAPPERS}`,
  )
}

const WRAPPERS =
  'It must resolve to { rows }, an array with an object for each row, its columns under their names, as a pg client does. Roll the transaction back: what was asked may have been done.'

/** Each row as one JSON text: whatever parsers the caller's driver has for integers or truth, they have no say in it. */
function inOneText(sql: string): string {
  return `select to_json(answered)::text as answer from (${sql}) as answered`
}

/** Plugins would rename the columns that we read. */
function withoutPlugins(
  trx: KyselyTransaction & { withoutPlugins?: () => KyselyTransaction },
): KyselyTransaction {
  return trx.withoutPlugins?.() ?? trx
}

/** @throws InvalidInputError with reason `not_a_transaction` for a pool, or a Kysely outside of a transaction */
export function checkedDbHandle(db: unknown): DbHandle | undefined {
  if (db === undefined) return undefined
  const shape = (typeof db === 'object' && db !== null ? db : {}) as Record<string, unknown>
  if (typeof shape.executeQuery === 'function') {
    if (shape.isTransaction === true) return db as KyselyTransaction
    throw refusal(
      'a Kysely outside of a transaction, whose statements would each commit on their own. Pass the transaction: kysely.transaction().execute((trx) => jobqueue.add(job, payload, { db: trx })).',
    )
  }
  if (typeof shape.totalCount === 'number') {
    throw refusal(
      'a pool, whose statements may each go to another connection. Take a client (await pool.connect()), begin a transaction on it, and pass that.',
    )
  }
  if (typeof shape.query === 'function') return db as SqlExecutor
  throw refusal(
    'no transaction. Pass a Kysely transaction, a pg client, or an object with query(sql, values).',
  )
}

function refusal(what: string): InvalidInputError {
  return new InvalidInputError('not_a_transaction', 'options.db', `is ${what}`)
}
