import { randomBytes } from 'node:crypto'
import { migrations } from '../migrations.ts'
import { found, skipped, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

/** How many names a message can bear. */
const SHOWN = 8

/**
 * Is everything as the migrations make it? They are run in a schema of another name, in a transaction that is rolled back, and what
 * both hold is compared by the same server.
 */
export async function lookAtDrift({ within, schema }: Patient): Promise<Verdict> {
  return within(async (ask) => {
    const [may] = await ask<{ may: boolean }>(
      `select has_database_privilege(current_database(), 'create') and not pg_is_in_recovery()
        and current_setting('transaction_read_only') = 'off' as may`,
    )
    if (may?.may !== true)
      return skipped(
        'Not compared with what the migrations make: this role may not make a schema to compare with.',
      )
    const [newest] = await ask<{ version: number }>(
      'select max(version) as version from $schema.schema_version',
    )
    const applied = migrations.filter(({ version }) => version <= (newest?.version ?? 0))
    const pattern = `jobqueue_doctor_${randomBytes(6).toString('hex')}`
    await ask(`create schema "${pattern}"; set local search_path = "${pattern}", pg_temp`)
    for (const { sql } of applied) await ask(sql)
    const wanted = await thingsIn(ask, pattern)
    await ask('set local search_path = $schema, pg_temp')
    return judged(wanted, await thingsIn(ask, schema))
  })
}

type Things = ReadonlyMap<string, string>

function judged(wanted: Things, there: Things): Verdict {
  const missing = [...wanted.keys()].filter((name) => !there.has(name))
  const strange = [...there.keys()].filter((name) => !wanted.has(name))
  const changed = [...wanted]
    .filter(([name, text]) => there.has(name) && there.get(name) !== text)
    .map(([name]) => name)
  if (missing.length + strange.length + changed.length === 0)
    return well(`Everything is as the migrations make it: ${wanted.size} things.`)
  const parts = [named('Missing', missing), named('Changed', changed), named('Added by somebody', strange)]
  return found(
    parts.filter((part) => part !== undefined).join(' '),
    'Find out who changed it, and undo it: what the migrations make is printed by jobqueue migrate sql --schema scratch.',
  )
}

function named(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `${what}: ${names.slice(0, SHOWN).join(', ')}${more}.`
}

/** All that a schema holds, each thing by its kind and name, as a text that does not name the schema: it is in the search path. */
async function thingsIn(ask: Patient['ask'], schema: string): Promise<Things> {
  const rows = await ask<{ name: string; text: string }>(THINGS, [schema])
  return new Map(rows.map(({ name, text }) => [name, text]))
}

const THINGS = `
  with here as (select oid from pg_namespace where nspname = $1)
  select concat_ws(' ', 'column', c.relname || '.' || a.attname) as name,
      concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid, true)) as text
    from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = (select oid from here) and c.relkind in ('r', 'c') and a.attnum > 0 and not a.attisdropped
  union all select concat_ws(' ', 'table', relname), concat_ws(' ', relkind, array_to_string(reloptions, ',')) from pg_class
    where relnamespace = (select oid from here) and relkind in ('r', 'S', 'c')
  union all select concat_ws(' ', 'index', c.relname), pg_get_indexdef(c.oid, 0, true) from pg_class c
    where c.relnamespace = (select oid from here) and c.relkind = 'i'
  union all select concat_ws(' ', 'constraint', conname, 'of', coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text)), pg_get_constraintdef(oid, true)
    from pg_constraint where connamespace = (select oid from here) and contype <> 'n'
  union all select concat_ws(' ', 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'),
      concat_ws(' ', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile, p.prosecdef, p.prosrc,
        replace(array_to_string(p.proconfig, ','), 'search_path=' || quote_ident($1) || ',', 'search_path=its own,'))
    from pg_proc p where p.pronamespace = (select oid from here)
  union all select concat_ws(' ', 'trigger', t.tgname, 'on', c.relname), concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid, true))
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = (select oid from here) and not t.tgisinternal
  union all select concat_ws(' ', 'view', relname), pg_get_viewdef(oid, true) from pg_class
    where relnamespace = (select oid from here) and relkind = 'v'
  union all select concat_ws(' ', 'type', typname), format_type(typbasetype, typtypmod) from pg_type
    where typnamespace = (select oid from here) and typtype in ('d', 'e')`
