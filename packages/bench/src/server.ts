import { type EmbeddedPostgres, startEmbeddedPostgres } from '@jq/embedded'
import pg from 'pg'
import type { Database, ServerCosts, ServerUse } from './database.ts'
import { postmasterOf, serverCpuUs } from './server-cpu.ts'

/** Durability stays as PostgreSQL has it; these make room, so that nothing is measured but the queues. */
const SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  // The log of a measurement is read afterwards.
  wal_keep_size: '4GB',
  max_connections: '300',
  shared_preload_libraries: 'pg_stat_statements',
}

/** The one PostgreSQL that everybody is measured on, a new database for each measurement. */
export class Server {
  readonly #postgres: EmbeddedPostgres
  readonly #admin: pg.Client
  readonly #templates = new Map<string, Promise<string>>()
  #databases = 0

  private constructor(postgres: EmbeddedPostgres, admin: pg.Client) {
    this.#postgres = postgres
    this.#admin = admin
  }

  static async start(durable: boolean, settings: Record<string, string> = {}): Promise<Server> {
    const postgres = await startEmbeddedPostgres({ durable, settings: { ...SETTINGS, ...settings } })
    const admin = new pg.Client(postgres.url)
    await admin.connect()
    await admin.query('create extension pg_stat_statements; create extension pg_walinspect')
    return new Server(postgres, admin)
  }

  get version(): string {
    return this.#postgres.version
  }

  /** A database like the one that `fill` makes; it is filled once and copied from then on, so that every round begins alike. */
  async databaseLike(key: string, fill: (url: string) => Promise<void>): Promise<Database> {
    const known = this.#templates.get(key) ?? this.#template(fill)
    this.#templates.set(key, known)
    const name = this.#newName('bench')
    await this.#admin.query(`create database ${name} template ${await known} strategy file_copy`)
    return {
      name,
      url: this.#urlOf(name),
      use: () => this.#use(name),
      spentSince: (before) => this.#spentSince(name, before),
      commits: () => this.#commits(name),
      dearest: () => this.#dearest(name),
      drop: () => this.#drop(name),
    }
  }

  /** Frees the space of all that was filled. */
  async forgetAll(): Promise<void> {
    const all = await Promise.all(this.#templates.values())
    this.#templates.clear()
    for (const name of all) await this.#drop(name)
  }

  async stop(): Promise<void> {
    await this.#admin.end()
    await this.#postgres.stop()
  }

  async #template(fill: (url: string) => Promise<void>): Promise<string> {
    const name = this.#newName('template')
    await this.#admin.query(`create database ${name}`)
    await fill(this.#urlOf(name))
    await askOnce(this.#urlOf(name), 'vacuum (analyze)')
    return name
  }

  /** What deferred foreign keys ask stands among the statements of clients, who never sent it. */
  async #use(name: string): Promise<ServerUse> {
    const { rows } = await this.#admin.query(
      `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal,
        (select coalesce(sum(calls), 0)::int from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1 and s.toplevel and s.query not like '%FOR KEY SHARE OF x') as calls`,
      [name],
    )
    const cpuUs = await serverCpuUs(await postmasterOf(this.#postgres.dataDir))
    return { cpuUs, walBytes: rows[0].wal, statements: rows[0].calls }
  }

  async #spentSince(name: string, before: ServerUse): Promise<ServerCosts> {
    const now = await this.#use(name)
    return {
      cpuUs: now.cpuUs - before.cpuUs,
      walBytes: now.walBytes - before.walBytes,
      statements: now.statements - before.statements,
      pageBytes: await this.#pageBytes(before.walBytes, now.walBytes),
    }
  }

  /** NaN where it cannot be read, as of a log in which nothing has been flushed in between. */
  async #pageBytes(from: number, to: number): Promise<number> {
    const sql = `select coalesce(sum(fpi_size), 0)::float8 as bytes from pg_get_wal_stats('0/0'::pg_lsn + $1::numeric, '0/0'::pg_lsn + $2::numeric)`
    const found = await this.#admin.query(sql, [from, to]).catch(() => undefined) // as said above: a figure less, no failed run
    return found?.rows[0].bytes ?? Number.NaN
  }

  async #commits(name: string): Promise<number> {
    const sql = 'select (xact_commit + xact_rollback)::int as count from pg_stat_database where datname = $1'
    return (await this.#admin.query(sql, [name])).rows[0].count
  }

  /** As `pg_stat_statements` saw them. */
  async #dearest(name: string): Promise<readonly Record<string, unknown>[]> {
    const { rows } = await this.#admin.query(
      `select calls::int, rows::int, round(total_exec_time::numeric, 1)::float8 as ms, round((total_exec_time * 1000 / calls)::numeric, 1)::float8 as us_a_call,
        toplevel, shared_blks_hit::int as hits, wal_bytes::float8, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as query
      from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1 order by total_exec_time desc limit 12`,
      [name],
    )
    return rows
  }

  async #drop(name: string): Promise<void> {
    await this.#admin.query(`drop database ${name} with (force)`)
  }

  #newName(kind: string): string {
    return `${kind}_${++this.#databases}`
  }

  #urlOf(name: string): string {
    return this.#postgres.url.replace(/[^/]*$/, name)
  }
}

/** Runs one statement on a connection of its own. */
export async function askOnce<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(sql, [...values])).rows
  } finally {
    await client.end()
  }
}
