import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { queueDatabase } from './queue-database.ts'

// How the statements inside the hot functions go about it: which scan of what, by which index, joined in which way. No costs and
// no counts, so that a plan changes here only where it turned around. What it costs, is said by plans.pg.test.ts.

const me = '0197a000-0000-7000-8000-00000000000a'
const id = '0197a000-0000-7000-8001-000000000001'
const wanted = '[{"type":"type1","room":2,"max_retries":3,"max_timeout_retries":0,"timeout_ms":0}]'
const list = `[{"id":"${me}","type":"type1","origin":"o","payload":1}]`
const keyed = `[{"id":"${me}","type":"type1","origin":"o","payload":1,"unique_key":"k"}]`
const ends = (outcome: string) =>
  `(select jsonb_agg(jsonb_build_object('seq', seq, 'attempt', attempt, 'worker_id', worker_id, 'outcome', '${outcome}')) from job_running)`

const statements: Readonly<Record<string, string>> = {
  claim: `select * from claim_jobs('${me}', '${wanted}', 2, false, 3)`,
  'settle, succeeded': `select * from settle_attempts(${ends('s')})`,
  'settle, failed': `select * from settle_attempts(${ends('f')})`,
  begin: `select * from begin_attempts('${me}', '[{"seq":1,"attempt":1,"ago_ms":0,"timeout_ms":0}]')`,
  check: `select * from check_attempts('${me}', '[{"seq":1,"attempt":1}]')`,
  promote: 'select promote_jobs()',
  'add, plain': `select * from insert_plain_jobs('${list}')`,
  'add, with a key': `select * from insert_jobs('${keyed}')`,
  cancel: `select cancel_job('${id}')`,
  reset: `select reset_job('${id}', true)`,
  delete: `select delete_job('${id}')`,
  'next events': `select * from next_events('accounts', '${me}', 100)`,
  'skip events': `select skip_unwanted_events('accounts')`,
  'delete what is outdated': `select * from delete_outdated('1 day', '1 day', '1 day')`,
}

let client: pg.Client
let major: number
beforeAll(async () => {
  const database = await queueDatabase()
  client = new pg.Client({ connectionString: database.url, options: '-c search_path=worker' })
  await client.connect()
  const { rows } = await client.query(`select current_setting('server_version_num')::int / 10000 as major`)
  major = rows[0].major
  await client.query(FILL)
})

test('every statement inside the hot functions goes the way that was reviewed, whenever statistics were taken', async ({
  skip,
}) => {
  skip(major !== 18, `the plans were reviewed for PostgreSQL 18, and this is ${major}`)
  await client.query("load 'auto_explain'")
  await client.query(
    'set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; set auto_explain.log_format = json',
  )
  const early = await shapes()
  await client.query('analyze')
  const late = await shapes()
  await client.end()
  await expect(late).toMatchFileSnapshot('plan-shapes.golden.txt')
  expect(early).toBe(late)
})

async function shapes(): Promise<string> {
  const sections: string[] = []
  for (const [name, sql] of Object.entries(statements))
    sections.push(`${name}\n${(await shapesOf(sql)).join('\n')}`)
  return `${sections.join('\n\n')}\n`
}

/** The plans of all that runs inside the statement, each once, by the function in which it stands. */
async function shapesOf(sql: string): Promise<readonly string[]> {
  const found = new Set<string>()
  const hear = ({
    message = '',
    where = '',
  }: {
    message?: string | undefined
    where?: string | undefined
  }) => {
    const plan = message.indexOf('{')
    if (!message.startsWith('duration') || plan < 0) return
    const within = /PL\/pgSQL function (\w+)/.exec(where)?.[1]
    const shape = shapeOf(JSON.parse(message.slice(plan)).Plan, 2)
    if (within !== undefined && PINNED.has(within) && shape.trim() !== 'Result')
      found.add(`  in ${within}\n${shape}`)
  }
  await client.query('begin')
  client.on('notice', hear)
  await client.query('set local client_min_messages = log')
  await client.query(sql)
  await client.query('set local client_min_messages = warning')
  client.off('notice', hear)
  await client.query('rollback')
  return [...found]
}

/** Functions whose statements read tables that grow. The others read a few rows, and however they do so is well. */
const PINNED = new Set([
  'claim_jobs',
  'settle_attempts',
  'begin_attempts',
  'check_attempts',
  'promote_jobs',
  'store_plain_jobs',
  'take_place',
  'take_any_place',
  'forget_jobs',
  'free_keys',
  'restart_waiting',
  'next_events',
  'skip_unwanted_events',
  'sweep_jobs',
  'sweep_bundles',
  'delete_stopped_jobs',
  'lock_keys',
  'lock_bundles',
  'count_members',
  'delete_orphans_of',
])

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'CTE Name'?: string
  readonly 'Function Name'?: string
  readonly Plans?: readonly Plan[]
}

/** A scan by an index is one, with a bitmap or without. */
function shapeOf(plan: Plan, depth: number): string {
  const [inner, ...others] = plan.Plans ?? []
  if (
    plan['Node Type'] === 'Bitmap Heap Scan' &&
    inner?.['Node Type'] === 'Bitmap Index Scan' &&
    others.length === 0
  )
    return shapeOf(
      { ...plan, 'Node Type': 'Index Scan', 'Index Name': inner['Index Name'] as string, Plans: [] },
      depth,
    )
  const of = plan['Relation Name'] ?? plan['CTE Name'] ?? plan['Function Name']
  const by = plan['Index Name'] === undefined ? undefined : `by ${plan['Index Name']}`
  const line = '  '.repeat(depth) + [plan['Node Type'], of, by].filter((word) => word !== undefined).join(' ')
  return [line, ...(plan.Plans ?? []).map((part) => shapeOf(part, depth + 1))].join('\n')
}

const FILL = `
insert into job (seq, id, type, payload, origin)
select n, ('0197a000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'type' || n % 8, '{}', 'test' from generate_series(1, 20000) n;
insert into job_available (seq, type, rank) select n, 'type' || n % 8, -1 from generate_series(1, 10000) n;
insert into job_scheduled (start_at, seq, type, rank) select now() + interval '1 day', n, 'type' || n % 8, -1 from generate_series(10001, 15000) n;
insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, stopped_at)
select n, 's', 1, 0, 0, 0, now() from generate_series(15001, 19990) n;
insert into job_running (seq, attempt, worker_id, started_at, retries, timeout_retries, crashes, max_retries, max_timeout_retries, max_crashes, keyed)
select n, 1, '${me}', now(), 0, 0, 0, 3, 0, 3, false from generate_series(19991, 20000) n;
insert into event (kind, bundle_id, bundle_type, origin, epoch, has_error)
select 'b', gen_random_uuid(), 'test', 'test', 1, false from generate_series(1, 10000) n;
select setval('job_seq_seq', 20000);
select beat('${me}', 'here', 1, '1', '{type1}', 1, '1 hour', true);
insert into named_listener (name, jobs, bundles, changes, tx, id, since, holder, held_until)
select 'accounts', false, true, false, (select tx from event limit 1), 9000, '1:1:', '${me}', now() + interval '1 day';
`
