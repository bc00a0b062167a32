-- A job with where it stands and how it fared: one row a job, whose columns stay. For people and other languages, and for our
-- own reads. First come the columns of go-jobqueue, by the names and in the order that its users know.
create view job_status as
select j.id, j.bundle_id, j.type, j.payload, j.priority, j.origin,
  j.max_retry_count,
  coalesce(r.retries, a.retries, p.retries, s.retries) as current_retry_count,
  j.start_at,
  -- An attempt that is claimed ahead of a free thread has not begun.
  coalesce(case when r.ahead is null then r.started_at end, s.started_at) as started_at,
  w.worker_alive_at,
  s.stopped_at,
  s.error_msg, s.error_data, s.result,
  greatest(j.created_at, coalesce(r.started_at, s.stopped_at), last_attempt.ended_at) as updated_at,
  j.created_at,
  case
    when r.seq is not null then 'running'
    when a.seq is not null then 'available'
    when p.seq is not null then case when p.retrying then 'retrying' else 'scheduled' end
    when s.outcome = 's' then 'succeeded'
    when s.outcome = 'f' then 'failed'
    when s.outcome = 'c' then 'cancelled'
    when s.outcome = 'd' then 'dead'
  end as state,
  coalesce(r.attempt, a.attempt, p.attempt, s.attempt) as attempt,
  -- When a job that waits for its time becomes available; for a retry this is later than start_at, which is what was asked.
  p.start_at as due_at,
  j.max_timeout_retry_count,
  coalesce(r.timeout_retries, a.timeout_retries, p.timeout_retries, s.timeout_retries) as current_timeout_retry_count,
  coalesce(r.crashes, a.crashes, p.crashes, s.crashes) as crash_count,
  j.timeout_ms, j.unique_key,
  coalesce(r.progress, s.progress) as progress,
  coalesce(r.cancel_requested_at, s.cancel_requested_at) as cancel_requested_at,
  coalesce(r.worker_id, s.worker_id) as worker_id,
  j.after_bundle_id, j.schedule_name, j.schedule_key, j.seq, j.group_key
from job j
left join lateral (select * from job_running where job_running.seq = j.seq limit 1) r on true
left join lateral (select * from job_stopped where job_stopped.seq = j.seq limit 1) s on true
left join lateral (select * from job_scheduled where job_scheduled.seq = j.seq limit 1) p on true
left join lateral (
  select * from job_available k where k.type = j.type and k.solo in (false, true) and k.group_key = coalesce(j.group_key, '') and k.rank = ~j.priority and k.seq = j.seq limit 1) a on true
left join lateral (select max(t.ended_at) as ended_at from job_attempt t where t.seq = j.seq) last_attempt on true
left join lateral (select k.worker_alive_at from worker k where k.id = r.worker_id limit 1) w on true;

comment on view job_status is 'One row a job: what was asked, where it stands, how it fared.';
