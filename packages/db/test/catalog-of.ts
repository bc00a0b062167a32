import type { TestDatabase } from '@jq/testing'

/** All that a schema holds, each thing as one text, without the schema's name. */
export async function catalogOf(database: TestDatabase, schema: string): Promise<string[]> {
  const rows = await database.query<{ thing: string }>(CATALOG, [schema])
  return rows.map(({ thing }) => thing)
}

const CATALOG = `
  select replace(thing, $1, '…') as thing from (
    select concat_ws(' ', 'column', table_name, ordinal_position, column_name, udt_name, is_nullable, column_default,
        is_identity, identity_generation) as thing
      from information_schema.columns where table_schema = $1
    union all select concat_ws(' ', 'table', relname, relkind, array_to_string(reloptions, ',')) from pg_class
      where relnamespace = $1::regnamespace and relkind in ('r', 'v', 'S', 'c')
    union all select indexdef from pg_indexes where schemaname = $1
    union all select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace = $1::regnamespace
    union all select pg_get_functiondef(oid) from pg_proc where pronamespace = $1::regnamespace
    union all select pg_get_triggerdef(oid) from pg_trigger
      where tgrelid in (select oid from pg_class where relnamespace = $1::regnamespace)
    union all select concat_ws(' ', viewname, definition) from pg_views where schemaname = $1
    union all select concat_ws(' ', 'type', typname) from pg_type where typnamespace = $1::regnamespace
  ) things order by 1`
