import { InvalidInputError } from '@jq/core'
import { refuseUnknown } from '@jq/core/internal'
import { checkedSchemaName } from './job-queue-options.ts'

/** What each role is called in the database. */
export interface GrantRoles {
  /** Adds jobs and bundles, and sees how its bundles fare; reads no payload, claims nothing. @defaultValue 'jobqueue_producer' */
  producer?: string | undefined
  /** Adds, reads, claims and settles. @defaultValue 'jobqueue_worker' */
  worker?: string | undefined
  /** Reads everything, and listens to what passes, by no name. @defaultValue 'jobqueue_reader' */
  reader?: string | undefined
  /** All of this, and cancels, resets and deletes. @defaultValue 'jobqueue_admin' */
  admin?: string | undefined
}

/** What {@link grants} accepts. */
export interface GrantsOptions {
  /** @defaultValue 'worker' */
  schema?: string | undefined
  roles?: GrantRoles | undefined
  /** Begin with making the roles that are missing, without login. @defaultValue false */
  create?: boolean | undefined
}

/**
 * The SQL that says who may do what with a job queue: to be run by the owner of its schema, and again after each migration.
 *
 * All or nothing, in a transaction of its own. What the roles had in this schema before is taken away first, so that the text
 * says all they have. A role may be given twice, and has the rights of both then. To migrate is nobody's right but the owner's.
 *
 * @throws InvalidInputError
 * @example
 * grants({ schema: 'jobs', roles: { producer: 'web' } }).includes('to "web"') // => true
 */
export function grants(options: GrantsOptions = {}): string {
  refuseUnknown(options, ['schema', 'roles', 'create'], 'options')
  const schema = checkedSchemaName(options.schema ?? 'worker')
  const roles = checkedRoles(options.roles ?? {})
  const everybody = named(roles, kinds)
  return `-- Who may do what with the job queue in the schema ${schema}. May be run again, and is to be after each migration.
begin;
${ownersOnly(schema, roles)}
${options.create === true ? created(roles) : ''}
-- What these roles had here is taken away first, so that what follows is all they have.
revoke all on all tables in schema "${schema}" from ${everybody};
revoke all on all functions in schema "${schema}" from public, ${everybody};
revoke all on schema "${schema}" from ${everybody};
grant usage on schema "${schema}" to ${everybody};

${RIGHTS.map((right) => granted(right, schema, roles)).join('\n')}
commit;
`
}

type Kind = keyof GrantRoles
type Roles = Readonly<Record<Kind, string>>

/** Whom there are rights for. */
export const kinds: readonly Kind[] = ['producer', 'worker', 'reader', 'admin']

/** The functions that one of a kind may call. */
export function functionsFor(kind: Kind): readonly string[] {
  return RIGHTS.flatMap(({ who, calls = [] }) => (who.includes(kind) ? calls : []))
}

/** True for those that may read all tables. */
export function readsEverything(kind: Kind): boolean {
  return RIGHTS.some(({ who, readsAll }) => readsAll === true && who.includes(kind))
}

interface Right {
  readonly what: string
  readonly who: readonly Kind[]
  readonly reads?: readonly string[]
  readonly readsAll?: true
  readonly calls?: readonly string[]
}

/** Behind the functions the owner's rights count (schema/doors.sql), so that nearly nobody needs any on a table. */
const RIGHTS: readonly Right[] = [
  {
    what: 'All see which version the schema has, how long the oldest job has waited, and what is amiss.',
    who: kinds,
    reads: ['schema_version'],
    calls: ['oldest_waiting_ms', 'troubles'],
  },
  {
    what: 'Add jobs and bundles, and see the counts of bundles. Handlers add jobs too.',
    who: ['producer', 'worker', 'admin'],
    reads: ['job_bundle_status'],
    calls: [
      'add_job',
      'add_bundle',
      'insert_plain_jobs',
      'insert_jobs',
      'insert_bundle',
      'insert_members',
      'insert_whole_bundle',
      'lock_open_bundle',
      'seal_bundle',
      'member_ids',
      'put_schedule',
    ],
  },
  {
    what: 'Read everything, and listen to what passes. Who may claim any job may read it too.',
    who: ['reader', 'worker', 'admin'],
    readsAll: true,
    calls: ['wake', 'announce_listener', 'dismiss_listener', 'read_types', 'sample', 'unfolded_minutes'],
  },
  {
    what: 'Listen by a name. Whoever takes the events of a name takes them from others.',
    who: ['worker', 'admin'],
    calls: ['listen_by_name', 'hold_listener', 'next_events', 'note_events', 'leave_listener'],
  },
  {
    what: 'Beat, claim and settle, and clear up what is outdated.',
    who: ['worker', 'admin'],
    calls: [
      'beat',
      'leave',
      'look',
      'due_schedules',
      'run_ticks',
      'step',
      'check_attempts',
      'verdict_of',
      'set_progress',
      'write_log',
      'release_unknown',
      'keep',
      'delete_outdated',
    ],
  },
  {
    what: 'Make the schedules of a deployment exactly what it says.',
    who: ['worker', 'admin'],
    calls: ['sync_schedules'],
  },
  {
    what: 'Cancel, reset and delete; limit and pause.',
    who: ['admin'],
    calls: [
      'cancel_job',
      'cancel_bundle',
      'reset_job',
      'reset_jobs',
      'set_job_start',
      'delete_job',
      'delete_jobs_of',
      'delete_finished_jobs',
      'delete_bundle',
      'delete_bundles_of',
      'delete_everything',
      'begin_deletion',
      'delete_bundles_up_to',
      'delete_jobs_up_to',
      'forget_listener',
      'pause_schedule',
      'resume_schedule',
      'unschedule',
      'cancel_schedule',
      'set_limit',
      'pause_type',
      'resume_type',
    ],
  },
]

function granted({ what, who, reads, readsAll, calls }: Right, schema: string, roles: Roles): string {
  const to = `to ${named(roles, who)};\n`
  const within = (names: readonly string[]) => names.map((name) => `"${schema}".${name}`).join(',\n  ')
  return [
    `-- ${what}\n`,
    readsAll && `grant select on all tables in schema "${schema}" ${to}`,
    reads && `grant select on\n  ${within(reads)}\n  ${to}`,
    calls && `grant execute on function\n  ${within(calls)}\n  ${to}`,
  ]
    .filter(Boolean)
    .join('')
}

/** PostgreSQL only warns where one who is not the owner grants nothing; and it takes an owner's own rights away without a word. */
function ownersOnly(schema: string, roles: Roles): string {
  const texts = Object.values(roles).map((role) => `'${role}'`)
  return `do $$
begin
  if to_regclass('"${schema}".job_bundle_status') is null then
    raise exception using errcode = 'invalid_schema_name', message = 'there is no job queue of this version in the schema ${schema}',
      hint = 'Run jobqueue migrate up first.';
  elsif not pg_has_role((select nspowner from pg_namespace where nspname = '${schema}'), 'usage') then
    raise exception using errcode = 'insufficient_privilege', message = 'only the owner of the schema ${schema} can say who may use it',
      hint = 'Connect as the role that made the schema.';
  elsif exists (select from pg_class where oid = '"${schema}".job'::regclass and pg_get_userbyid(relowner) in (${texts.join(', ')})) then
    raise exception using errcode = 'invalid_parameter_value', message = 'one of the roles owns the job queue and may do everything already',
      hint = 'Name other roles.';
  end if;
end
$$;
`
}

function created(roles: Roles): string {
  const missing = (role: string) => `not exists (select from pg_roles where rolname = '${role}')`
  const lines = Object.values(roles).map(
    (role) => `  if ${missing(role)} then create role "${role}" nologin; end if;`,
  )
  return `do $$\nbegin\n${lines.join('\n')}\nend\n$$;\n`
}

function named(roles: Roles, kinds: readonly Kind[]): string {
  return kinds.map((kind) => `"${roles[kind]}"`).join(', ')
}

function checkedRoles(given: GrantRoles): Roles {
  refuseUnknown(given, kinds, 'options.roles')
  const entries = kinds.map(
    (kind) => [kind, checkedRole(given[kind] ?? `jobqueue_${kind}`, `options.roles.${kind}`)] as const,
  )
  return Object.fromEntries(entries) as Record<Kind, string>
}

/** PostgreSQL takes "public" and "none" for themselves, quoted or not; what needs no escape in quotes needs no care either. */
function checkedRole(role: string, path: string): string {
  if (/^[A-Za-z0-9_.@-]{1,63}$/.test(role) && !['public', 'none'].includes(role)) return role
  const advice = 'Use 1 to 63 of A-Z a-z 0-9 _ . @ - and neither public nor none.'
  throw new InvalidInputError('invalid_role', path, `${JSON.stringify(role)} will not do. ${advice}`)
}
