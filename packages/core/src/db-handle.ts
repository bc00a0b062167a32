/**
 * A transaction of the caller. Recognised by shape, so that any copy and version of a query builder or driver will do; a pool,
 * or a query builder outside of a transaction, is no transaction and does not compile. Plugins are switched off for our
 * statements, and what they answer is read alike under every type parser.
 */
export type DbHandle = KyselyTransaction | SqlExecutor | HandleInTransaction

/** A transaction of the query builder of that name, by its shape. */
export interface KyselyTransaction {
  readonly isTransaction: true
  executeQuery(query: never): Promise<{ rows: unknown[] }>
}

export type SqlValue = string | number | boolean | null

/**
 * A driver's client in a transaction is one; other drivers and ORMs are wrapped in three lines. Statements hold `$1 … $n` in
 * rising order, each once, never inside a literal, so that a wrapper may split there; values are scalars; columns come back as
 * text or integers under names without capitals.
 */
export interface SqlExecutor {
  query(sql: string, values: SqlValue[]): Promise<{ rows: Record<string, unknown>[] }>
  /** What a pool has and a client has not. */
  readonly totalCount?: never
}

/**
 * A transaction by another name. Nobody makes one, and nobody need. Where a pool, or a query builder outside of a transaction, is
 * given, the compiler explains the mistake by this member, which has the most in common with both, in one line.
 */
export interface HandleInTransaction extends SqlExecutor, KyselyTransaction {
  readonly [transactionThatIsOpen]: true
  readonly idleCount?: never
  readonly schema?: never
}
declare const transactionThatIsOpen: unique symbol

export interface InTransaction {
  /** Do it in this transaction: rolled back, it never was, nothing ran and nobody was told. */
  db?: DbHandle | undefined
}
