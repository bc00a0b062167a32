import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'

/** The views and tables that are read by statements of their own; everything else is asked of the schema's functions. */
export interface Tables {
  job_status: JobStatusTable
  job_bundle_status: { id: string }
}

export interface JobStatusTable {
  seq: string
  id: string
  bundle_id: string | null
  type: string
  state: string
  origin: string
  unique_key: string | null
  schedule_name: string | null
  schedule_key: string | null
}

/** Builds statements for one schema and runs none: on which connection, and how often, is the business of Database. */
export interface Statements {
  readonly schema: string
  readonly kysely: Kysely<Tables>
  /** Of calls that were made before, by their shape. */
  readonly texts: Map<string, string>
}

export function statementsFor(schema: string): Statements {
  const kysely = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  return { schema, kysely: kysely.withSchema(schema), texts: new Map() }
}
