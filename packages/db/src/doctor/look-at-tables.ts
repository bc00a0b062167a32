import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

/** Fewer dead rows than this are nobody's trouble. */
const MANY_DEAD = 20_000

/** Does anybody clear up behind the queue, whose rows come and go all the time? */
export async function lookAtVacuum({ ask, schema }: Patient): Promise<Verdict> {
  const [server] = await ask<{ off: string | null }>(
    "select string_agg(name, ', ') as off from pg_settings where name in ('autovacuum', 'track_counts') and setting = 'off'",
  )
  const tables = await ask<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r'
       and exists (select from unnest(c.reloptions) o where o ~ '^autovacuum_enabled=(off|false|no|0)$') order by 1`,
    [schema],
  )
  if (server?.off)
    return found(
      `The server has ${server.off} off: tables only grow, and claims become slow.`,
      'Set it on in postgresql.conf, and reload.',
    )
  if (tables.length === 0) return well('Autovacuum is on.')
  const names = tables.map(({ name }) => name)
  return found(
    `Autovacuum is off for ${names.join(', ')}: they only grow.`,
    names.map((name) => `alter table "${schema}"."${name}" reset (autovacuum_enabled)`).join('; '),
  )
}

/** Is it keeping up? By the statistics of the server, which may be a minute old. */
export async function lookAtDeadRows({ ask, schema }: Patient): Promise<Verdict> {
  const tables = await ask<{ name: string; dead: number; live: number }>(
    `select relname as name, n_dead_tup::int as dead, n_live_tup::int as live from pg_stat_user_tables
     where schemaname = $1 and n_dead_tup > $2 and n_dead_tup > 2 * n_live_tup order by n_dead_tup desc`,
    [schema, MANY_DEAD],
  )
  if (tables.length === 0) return well('No table is mostly dead rows.')
  const shares = tables.map(({ name, dead, live }) => `${name} (${dead} dead, ${live} live)`)
  return found(
    `Mostly dead rows: ${shares.join(', ')}.`,
    'Look for what holds an old snapshot, and let autovacuum run more often; vacuum (verbose) says what it may not remove.',
  )
}

/** Does an open transaction keep dead rows alive, or events back? Is a named listener missing? */
export async function lookAtTransactions({ ask, patienceMs }: Patient): Promise<Verdict> {
  const patience = "$1 * interval '1 ms'"
  const troubles = await ask<{ trouble: string }>(
    `select t.trouble from $schema.troubles(${patience}, ${patience}) as t (trouble)`,
    [patienceMs],
  )
  if (troubles.length === 0)
    return well('No transaction has been open for long, and no named listener is missing.')
  return found(
    troubles.map(({ trouble }) => trouble).join(' '),
    'Let that transaction end, or end its session: select pg_terminate_backend(pid). A named listener that nobody needs: forgetListener.',
  )
}
