import type pg from 'pg'

/** What a look at the database finds. */
export interface DatabaseLook {
  /** Of clients, without the one that looks. */
  readonly connections: number
  /** Of all tables of the queue. */
  readonly deadTuples: number
  /** Bytes of each table with all that belongs to it, and of each index. */
  readonly sizes: Readonly<Record<string, number>>
}

export async function lookAtDatabase(client: pg.ClientBase): Promise<DatabaseLook> {
  const { rows } = await client.query(LOOK)
  return rows[0]
}

/** Whether nothing waits, nothing runs, and the named listener was told everything. */
export async function isAtRest(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(AT_REST)
  return rows[0].rests
}

const LOOK = `
select
  (select count(*)::int from pg_stat_activity
    where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()) as connections,
  (select coalesce(sum(n_dead_tup), 0)::float8 from pg_stat_user_tables where schemaname = 'worker') as "deadTuples",
  (select json_object_agg(case c.relkind when 'i' then 'index ' else 'table ' end || c.relname,
      case c.relkind when 'i' then pg_relation_size(c.oid) else pg_total_relation_size(c.oid) end)
    from pg_class c where c.relnamespace = 'worker'::regnamespace and c.relkind in ('r', 'i')) as sizes`

const AT_REST = `
select not exists (select from worker.job_available) and not exists (select from worker.job_running)
  and not exists (select from worker.job_scheduled) and not exists (select from worker.event_again)
  and not exists (select from worker.event e join worker.named_listener l on (e.tx, e.id) > (l.tx, l.id)
    where e.kind in ('j', 'b')) as rests`
