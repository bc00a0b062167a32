/** A database of one measurement, and what may be asked about it. */
export interface Database {
  readonly name: string
  readonly url: string
  /** What its server has spent so far. */
  use(): Promise<ServerUse>
  /** What its server has spent since. */
  spentSince(before: ServerUse): Promise<ServerCosts>
  /** Transactions so far; complete once all who worked in it have left. NaN where it knows none. */
  commits(): Promise<number>
  /** The statements that cost the server most. */
  dearest(): Promise<readonly Record<string, unknown>[]>
  drop(): Promise<void>
}

export interface ServerUse {
  readonly cpuUs: number
  /** Bytes of the write-ahead log, or of what the server has in its stead. */
  readonly walBytes: number
  /** Of this database, by clients. */
  readonly statements: number
}

export interface ServerCosts extends ServerUse {
  /**
   * That part of the log which is whole pages. They are written at the first change after a checkpoint, and making a database
   * is one: who works on few pages for long has few of them.
   */
  readonly pageBytes: number
}
