import { functionsFor, kinds, readsEverything } from '../grants.ts'
import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

/** What may this role do? Whole are the rights of a producer, a worker, a reader and an admin; less than one of them serves nobody. */
export async function lookAtRights({ ask, schema }: Patient): Promise<Verdict> {
  const [role] = await ask<{ name: string; enters: boolean; owns: boolean }>(
    `select current_user as name, has_schema_privilege(oid, 'usage') as enters, pg_has_role(nspowner, 'usage') as owns
     from pg_namespace where nspname = $1`,
    [schema],
  )
  const closed = await ask<{ name: string }>(
    `select distinct p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = $1 and not has_function_privilege(p.oid, 'execute')`,
    [schema],
  )
  const unread = await ask<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'v') and not has_table_privilege(c.oid, 'select') order by 1`,
    [schema],
  )
  if (role?.owns) return well(`Role ${role.name} owns the queue: it may do everything, and migrate.`)
  const closedNames = new Set(closed.map(({ name }) => name))
  const whole = kinds.filter(
    (kind) =>
      functionsFor(kind).every((name) => !closedNames.has(name)) &&
      (!readsEverything(kind) || unread.length === 0),
  )
  if (role?.enters && whole.length > 0)
    return well(`Role ${role.name} may do what is for: ${whole.join(', ')}.`)
  const lacks = functionsFor('producer').filter((name) => closedNames.has(name))
  return found(
    `Role ${role?.name} has the whole rights of nobody here: it may not call ${lacks.slice(0, 3).join(', ') || 'everything'}, and reads ${unread.length === 0 ? 'all' : 'not all'} tables.`,
    'Let the owner of the schema run jobqueue migrate grants, again after each migration.',
  )
}
