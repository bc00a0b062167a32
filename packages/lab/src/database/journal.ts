import type pg from 'pg'

/**
 * One thing that happened to a job or a bundle, written by a trigger in the transaction that did it: what was rolled back is
 * not there. Within one job or one bundle, whose rows are locked, the numbers rise in the order of the commits.
 */
export interface JournalRow {
  readonly id: number
  readonly what: 'claimed' | 'ended' | 'kept' | 'stopped' | 'unstopped' | 'toldJob' | 'toldBundle'
  readonly seq: string | null
  readonly attempt: number | null
  readonly workerId: string | null
  /** As the table says it: s, f, t, k, c, r, z, d. */
  readonly outcome: string | null
  readonly jobId: string | null
  readonly bundleId: string | null
  readonly epoch: number | null
  /** On the database's clock, in milliseconds. */
  readonly at: number
}

/** Makes the database write down what happens in it, and the table into which handlers write, which has no key on purpose. */
export async function keepJournal(client: pg.ClientBase): Promise<void> {
  await client.query(SQL)
}

export async function readJournal(client: pg.ClientBase): Promise<readonly JournalRow[]> {
  const { rows } = await client.query(`
    select id::int, what, seq::text, attempt, worker_id as "workerId", outcome, job_id as "jobId", bundle_id as "bundleId", epoch,
      extract(epoch from at)::float8 * 1000 as at
    from lab.journal order by id`)
  return rows
}

const SQL = `
create schema lab;
create table lab.effect (job_id uuid, attempt int);
create table lab.journal (
  id bigint generated always as identity, at timestamptz not null default clock_timestamp(), what text not null, seq bigint,
  attempt int, worker_id uuid, outcome text, job_id uuid, bundle_id uuid, epoch int
);
create function lab.note() returns trigger language plpgsql as $$
begin
  case tg_table_name || ' ' || tg_op
    when 'job_running INSERT' then
      insert into lab.journal (what, seq, attempt, worker_id) select 'claimed', seq, attempt, worker_id from lines;
    when 'job_running DELETE' then
      insert into lab.journal (what, seq, attempt, worker_id) select 'ended', seq, attempt, worker_id from lines;
    when 'job_attempt INSERT' then
      insert into lab.journal (what, seq, attempt, worker_id, outcome) select 'kept', seq, attempt, worker_id, outcome::text from lines;
    when 'job_stopped INSERT' then
      insert into lab.journal (what, seq, attempt, worker_id, outcome) select 'stopped', seq, attempt, worker_id, outcome::text from lines;
    when 'job_stopped DELETE' then
      insert into lab.journal (what, seq, attempt, worker_id, outcome) select 'unstopped', seq, attempt, worker_id, outcome::text from lines;
    when 'event INSERT' then
      insert into lab.journal (what, attempt, outcome, job_id, bundle_id, epoch)
      select case kind::text when 'b' then 'toldBundle' else 'toldJob' end, attempt, outcome::text, job_id, bundle_id, epoch
      from lines where kind::text in ('b', 'j');
  end case;
  return null;
end $$;
${[
  ['job_running', 'insert'],
  ['job_running', 'delete'],
  ['job_attempt', 'insert'],
  ['job_stopped', 'insert'],
  ['job_stopped', 'delete'],
  ['event', 'insert'],
]
  .map(
    ([table, doing]) => `
create trigger lab_${doing} after ${doing} on worker.${table} referencing ${doing === 'insert' ? 'new' : 'old'} table as lines
  for each statement execute function lab.note();`,
  )
  .join('')}
`
