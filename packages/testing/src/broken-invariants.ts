/** What must never be true at any commit, each line one finding. */
export async function brokenInvariants(
  query: (sql: string) => Promise<{ finding: string }[]>,
): Promise<readonly string[]> {
  const rows = await query(SQL)
  return rows.map(({ finding }) => finding)
}

const SQL = `
with place as (
  select seq, 'available' as place from worker.job_available union all select seq, 'scheduled' from worker.job_scheduled
  union all select seq, 'running' from worker.job_running union all select seq, 'stopped' from worker.job_stopped
), places as (
  select seq, count(*) as n, string_agg(place, '+') as names from place group by seq
), members as (
  select j.bundle_id, count(*) as jobs, count(s.seq) as stopped, count(*) filter (where s.outcome <> 's') as failed
  from worker.job j left join worker.job_stopped s using (seq) where j.bundle_id is not null group by 1
)
select 'job ' || j.id || ' stands nowhere' as finding from worker.job j left join places p using (seq) where p.seq is null
union all select 'seq ' || seq || ' stands in ' || names from places where n > 1
union all select 'seq ' || p.seq || ' stands in ' || p.names || ' without a job' from places p left join worker.job j using (seq) where j.seq is null
union all select 'attempt of no job: seq ' || a.seq from worker.job_attempt a left join worker.job j using (seq) where j.seq is null
union all select 'line of no job: seq ' || l.seq from worker.job_log l left join worker.job j using (seq) where j.seq is null
union all select 'job ' || j.id || ' is a member of no bundle' from worker.job j left join worker.job_bundle b on b.id = j.bundle_id where j.bundle_id is not null and b.id is null
union all select 'bundle ' || b.id || ' counts ' || b.num_jobs || '/' || b.num_stopped || '/' || b.num_failed || ', its members are '
    || coalesce(m.jobs, 0) || '/' || coalesce(m.stopped, 0) || '/' || coalesce(m.failed, 0)
  from worker.job_bundle b left join members m on m.bundle_id = b.id
  where (b.num_jobs, b.num_stopped, b.num_failed) is distinct from (coalesce(m.jobs, 0), coalesce(m.stopped, 0), coalesce(m.failed, 0))
union all select 'bundle ' || id || ' should have stopped' from worker.job_bundle where sealed and num_stopped = num_jobs and stopped_at is null
union all select 'bundle ' || id || ' has stopped too early' from worker.job_bundle where stopped_at is not null and (not sealed or num_stopped < num_jobs)
union all select 'key ' || k.key || ' is held by no unfinished job' from worker.job_key k left join worker.job j using (seq) left join worker.job_stopped s using (seq)
  where j.seq is null or s.seq is not null or j.unique_key is distinct from k.key
union all select 'job ' || j.id || ' has lost its key' from worker.job j left join worker.job_stopped s using (seq) left join worker.job_key k using (seq)
  where j.unique_key is not null and s.seq is null and k.key is null
union all select 'seq ' || r.seq || ' is an unfinished run of a schedule, but no unfinished job of it' from worker.schedule_run r
  left join worker.job j using (seq) left join worker.job_stopped s using (seq)
  where r.outcome is null and (j.seq is null or s.seq is not null or (j.schedule_name, j.schedule_key) is distinct from (r.name, r.key))
union all select 'seq ' || j.seq || ' is an unfinished job of a schedule, but no run of it' from worker.job j
  left join worker.job_stopped s using (seq)
  where j.schedule_name is not null and s.seq is null and (select count(*) from worker.schedule_run r where r.seq = j.seq and r.outcome is null) <> 1
union all select 'attempt ' || a.attempt || ' of seq ' || a.seq || ' lies ahead of its job' from worker.job_attempt a
  join (select seq, attempt from worker.job_available union all select seq, attempt from worker.job_scheduled
    union all select seq, attempt from worker.job_running union all select seq, attempt from worker.job_stopped) p using (seq) where a.attempt > p.attempt
`
