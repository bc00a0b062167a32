import type pg from 'pg'

/** The queue that is looked at. */
export interface Patient {
  readonly schema: string
  /** The version of the schema that this code reads and writes. */
  readonly known: number
  /** How long something may wait, or stand open, before it is worth a word. */
  readonly patienceMs: number
  /** How LISTEN connects. */
  readonly listensBy: pg.ClientConfig
  /** Asks in a transaction of its own, which is rolled back and ends after ten seconds; `$schema` is written for the schema. */
  ask<Row extends pg.QueryResultRow>(question: string, values?: readonly unknown[]): Promise<Row[]>
  /** Runs `work` in one such transaction. */
  within<T>(work: (ask: Patient['ask']) => Promise<T>): Promise<T>
  /** Sends a notification, which must commit. */
  notify(channel: string, payload: string): Promise<void>
}

/** Asks over one connection. */
export function patientOf(
  client: pg.ClientBase,
  about: Pick<Patient, 'schema' | 'known' | 'patienceMs' | 'listensBy'>,
): Patient {
  const ask: Patient['ask'] = async (question, values = []) => {
    const { rows } = await client.query(question.replaceAll('$schema', `"${about.schema}"`), [...values])
    return rows
  }
  const within: Patient['within'] = async (work) => {
    await client.query('begin isolation level read committed')
    try {
      await client.query("set local statement_timeout = '10s'; set local lock_timeout = '1s'")
      return await work(ask)
    } finally {
      await client.query('rollback').catch(() => undefined) // what went wrong first is the news
    }
  }
  return {
    ...about,
    within,
    ask: (question, values) => within((asks) => asks(question, values)),
    notify: async (channel, payload) =>
      void (await client.query('select pg_notify($1, $2)', [channel, payload])),
  }
}
