-- A schedule and how it fares: runs that ended and that no process has counted yet are in the counts already.
create view schedule_status as
select s.name, s.key, s.owner, s.spec, s.template -> 'payload' as payload, s.cron, s.time_zone, s.every_ms, s.rule,
  case when s.success_count + u.successes >= s.max_runs then null else s.next_run_at end as next_run_at,
  s.last_run_at,
  greatest(s.last_success_at, u.success_at) as last_success_at,
  greatest(s.last_failure_at, u.failure_at) as last_failure_at,
  s.last_job_id,
  case u.successes when 0 then s.consecutive_failures + u.failures else u.failures_since end as consecutive_failures,
  s.success_count + u.successes as success_count,
  s.paused_at, now() as read_at
from schedule s
cross join lateral (
  select count(*) filter (where r.outcome = 's')::int as successes,
    max(r.ended_at) filter (where r.outcome = 's') as success_at,
    max(r.ended_at) filter (where r.outcome in ('f', 'd')) as failure_at,
    count(*) filter (where r.outcome in ('f', 'd'))::int as failures,
    (count(*) filter (where r.outcome in ('f', 'd') and r.ended_at > (
      select max(k.ended_at) from schedule_run k where k.name = s.name and k.key = s.key and k.outcome = 's')))::int as failures_since
  from schedule_run r where r.name = s.name and r.key = s.key and r.outcome is not null
) u;

comment on view schedule_status is 'One row a schedule: its times, and how its runs fared.';
