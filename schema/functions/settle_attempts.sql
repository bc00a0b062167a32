-- Writes the outcome of attempts, each only while its own row stands in job_running: an attempt that was reaped, reset or
-- deleted writes nothing. All ends of attempts come through here, the reaper's too.
--
-- `ends`: [{seq, attempt, worker_id, outcome, result, message, data, wait_ms, retry_at, ran_ms, holds}], `ran_ms` as settle_succeeded
-- takes it, `holds` where no other job of its group may start before; outcome one of
--   s succeeded · f failed · x failed beyond retry · t timed out · c cancelled · r released · z snoozed · k its process died.
-- Answers for those that did not settle: 'busy', a caller's transaction holds the attempt, its bundle or its key: settle it
-- again; 'lost'. A repeat after a lost reply finds its own outcome recorded, and is silent as at the first time.
-- One that is not `patient` waits for no bundle and no key.
-- `next_due`, in the one row without a seq, is the earliest time at which a retry of this call is due.
--
-- The fence is written so that no statistics can turn the loop around: after an ANALYZE at the wrong moment a join would
-- walk every dead entry of job_running for every outcome.
create function settle_attempts(ends jsonb, patient boolean default true) returns table (seq bigint, attempt int, verdict text, next_due_ms double precision)
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
#variable_conflict use_column
declare
  settled record;
  heard text := heard_kinds();
  tells_changes boolean := heard like '%c%';
begin
  with held as materialized (
    select u.outcome, u.result, u.message, u.data, u.wait_ms, u.retry_at, r.*,
      case when r.ahead is null or u.ran_ms is null then r.started_at else greatest(r.started_at, now() - u.ran_ms * interval '1 ms') end as began_at
    from jsonb_to_recordset(ends) as u (seq bigint, attempt int, worker_id uuid, outcome "char", result jsonb, message text, data jsonb,
      wait_ms double precision, retry_at timestamptz, ran_ms double precision)
    cross join lateral (
      select g.* from job_running g
      where g.seq = u.seq and case when g.attempt = u.attempt then g.worker_id = u.worker_id else false end
      limit 1 for update skip locked
    ) r
  ), judged as materialized (
    -- fate: s, f, c, d stop the job; A back to available, S again alone, R retry, Z snooze
    select h.*, case
        when h.reset_requested then 'A'
        when h.outcome = 's' then 's'
        when h.outcome = 'c' or h.cancel_requested_at is not null then 'c'
        when h.outcome = 'f' and (h.max_retries = -1 or h.retries < h.max_retries) then 'R'
        when h.outcome = 't' and (h.max_timeout_retries = -1 or h.timeout_retries < h.max_timeout_retries) then 'R'
        when h.outcome = 'k' then case when h.crashes + 1 < h.max_crashes then 'S' else 'd' end
        when h.outcome = 'r' then 'A'
        when h.outcome = 'z' then 'Z'
        else 'f'
      end::"char" as fate
    from held h
  ), blocked as materialized (
    -- Only for what stops does anything else change: what has neither bundle nor key asks for nothing here.
    select case when bool_or(j.keyed) then lock_keys(array_agg(j.seq) filter (where j.keyed), patient) end as seqs,
      case when bool_or(j.bundle_id is not null) then lock_bundles(array_agg(j.bundle_id) filter (where j.bundle_id is not null), patient) end as bundles
    from judged j where j.fate in ('s', 'f', 'c', 'd')
  ), placed as materialized (
    select d.*,
      case when d.reset_requested then 0 else d.retries + (d.fate = 'R' and d.outcome = 'f')::int end as new_retries,
      case when d.reset_requested then 0 else d.timeout_retries + (d.fate = 'R' and d.outcome = 't')::int end as new_timeout_retries,
      case when d.reset_requested then 0 else d.crashes + (d.outcome = 'k')::int end::smallint as new_crashes,
      case when d.outcome = 's' and not d.reset_requested then 's' when d.fate = 'c' or d.reset_requested then 'c' when d.outcome = 'x' then 'f' else d.outcome end::"char" as recorded,
      -- Without a wait of the worker's own the default rule counts: 2 s, 4 s, 8 s … up to an hour.
      coalesce(d.retry_at, now() + coalesce(d.wait_ms, least(2000 * power(2, least(d.retries + d.timeout_retries, 20)), 3600000)) * interval '1 ms') as due_at,
      coalesce(nullif(d.message, ''), case d.outcome when 'k' then 'The process that ran this attempt died' when 't' then 'The attempt took longer than its timeout' when 'c' then 'Cancelled' end) as text
    from judged d cross join blocked b
    where d.fate not in ('s', 'f', 'c', 'd') or (d.seq = any (b.seqs)) is not true and (d.bundle_id = any (b.bundles)) is not true
  ), moved as (
    delete from job_running where seq = any (array(select p.seq from placed p)) returning seq
  ), stopped as (
    insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, worker_id, started_at, stopped_at, cancel_requested_at,
      error_msg, error_data, result, progress)
    select p.seq, p.fate, p.attempt, p.new_retries, p.new_timeout_retries, p.new_crashes, p.worker_id, p.began_at, now(), p.cancel_requested_at,
      case when p.fate <> 's' then coalesce(p.text, 'Failed without a message') end, case when p.fate <> 's' then p.data end,
      case when p.fate = 's' then p.result end, p.progress
    from placed p where p.fate in ('s', 'f', 'c', 'd')
  ), kept as (
    insert into job_attempt (seq, attempt, worker_id, started_at, ended_at, outcome, error_msg, error_data)
    select p.seq, p.attempt, p.worker_id, p.began_at, now(), p.recorded, p.text, p.data
    from placed p where p.recorded <> 's'
  ), back as materialized (
    select p.*, j.type as job_type, coalesce(j.group_key, '') as job_group, ~j.priority as rank
    from placed p cross join lateral (select * from job where job.seq = p.seq limit 1) j
    where p.fate in ('A', 'S', 'R', 'Z')
  ), ready as (
    insert into job_available (seq, type, group_key, rank, attempt, retries, timeout_retries, crashes, keyed, solo)
    select b.seq, b.job_type, b.job_group, b.rank, b.attempt, b.new_retries, b.new_timeout_retries, b.new_crashes, b.keyed, b.new_crashes > 0
    from back b where b.fate in ('A', 'S') or b.due_at <= now() order by b.seq
  ), later as (
    insert into job_scheduled (start_at, seq, type, group_key, rank, attempt, retries, timeout_retries, crashes, keyed, retrying)
    select b.due_at, b.seq, b.job_type, b.job_group, b.rank, b.attempt, b.new_retries, b.new_timeout_retries, b.new_crashes, b.keyed, b.fate = 'R'
    from back b where b.fate in ('R', 'Z') and b.due_at > now()
  ), told as (
    insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, previous, current)
    select 'c', j.id, j.type, j.schedule_name, j.schedule_key, j.origin, j.bundle_id, 'running', coalesce(state_of(p.fate), case
        when p.fate in ('A', 'S') or p.due_at <= now() then 'available'
        when p.fate = 'R' then 'retrying'
        else 'scheduled'
      end)
    from placed p cross join lateral (select * from job where job.seq = p.seq limit 1) j
    where tells_changes
  )
  select count(*) as asked, (select count(*) from moved) as moved,
    coalesce(array_agg(p.seq), '{}') as seqs,
    array_agg(p.bundle_id) filter (where p.bundle_id is not null and p.fate in ('s', 'f', 'c', 'd')) as bundles,
    array_agg(p.fate <> 's') filter (where p.bundle_id is not null and p.fate in ('s', 'f', 'c', 'd')) as failures,
    array_agg(p.seq) filter (where p.keyed and p.fate in ('s', 'f', 'c', 'd')) as keyed,
    array_agg(p.seq) filter (where p.recorded not in ('r', 'z')) as told,
    array_agg(p.attempt) filter (where p.recorded not in ('r', 'z')) as told_attempts,
    array_agg(p.recorded) filter (where p.recorded not in ('r', 'z')) as told_outcomes,
    array_agg(p.fate not in ('s', 'f', 'c', 'd')) filter (where p.recorded not in ('r', 'z')) as told_retries,
    extract(epoch from min(p.due_at) filter (where p.fate in ('R', 'Z')) - now()) * 1000 as next_due_ms
  into settled from placed p;

  if settled.asked <> settled.moved then
    raise exception 'settle_attempts moved % of the % attempts that it held: an attempt stands twice in the list', settled.moved, settled.asked;
  end if;
  if settled.keyed is not null then
    perform free_keys(settled.keyed);
  end if;
  if tells_changes and settled.moved > 0 then
    perform wake('event');
  end if;
  if settled.told is not null and heard like '%j%' then
    perform tell_jobs_stopped(settled.told, settled.told_attempts, settled.told_outcomes, settled.told_retries);
  end if;
  if ends @> '[{"holds": true}]' then
    perform hold_groups((select jsonb_agg(e) from jsonb_array_elements(ends) e where (e ->> 'holds')::boolean and (e ->> 'seq')::bigint = any (settled.seqs)));
  end if;
  if settled.bundles is not null then
    perform count_members(settled.bundles, settled.failures, 1, 0);
  end if;
  if settled.next_due_ms is not null then
    return query select null::bigint, null::int, null::text, settled.next_due_ms::double precision;
  end if;
  if settled.moved < jsonb_array_length(ends) then
    return query
    select u.seq, u.attempt, verdict_of(u.seq, u.attempt, u.worker_id, u.outcome), null::double precision
    from jsonb_to_recordset(ends) as u (seq bigint, attempt int, worker_id uuid, outcome "char")
    where u.seq <> all (settled.seqs) and verdict_of(u.seq, u.attempt, u.worker_id, u.outcome) <> 'settled';
  end if;
end
$$;

-- Locks bundles, and answers which of them somebody else holds. Other workers hold one for as long as a commit takes, so for
-- a moment it waits; a caller's transaction may hold one for minutes, and no worker waits that long. What is free is taken
-- first and by itself: it stays locked where the wait fails, and without a wait there is no subtransaction.
create function lock_bundles(ids uuid[], patient boolean default true) returns uuid[] language plpgsql
  set search_path from current set lock_timeout = '250ms' set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  free uuid[];
  held uuid[];
begin
  free := array(select b.id from job_bundle b where b.id = any (ids) order by b.id for no key update skip locked);
  held := array(select b.id from job_bundle b where b.id = any (ids) and b.id <> all (free));
  if held = '{}' or not patient then
    return held;
  end if;
  begin
    perform from job_bundle b where b.id = any (held) order by b.id for no key update;
    return '{}';
  exception when lock_not_available or deadlock_detected then
    return held;
  end;
end
$$;

-- The same for the unique keys of jobs: answers those jobs whose key somebody else holds.
create function lock_keys(seqs bigint[], patient boolean default true) returns bigint[] language plpgsql
  set search_path from current set lock_timeout = '250ms' set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  keys text[];
  free bigint[];
  held bigint[];
begin
  keys := array(
    select j.unique_key from unnest(seqs) as s (seq) cross join lateral (select * from job where job.seq = s.seq limit 1) j
    where j.unique_key is not null);
  free := array(select k.seq from job_key k where k.key = any (keys) and k.seq = any (seqs) order by k.key for update skip locked);
  held := array(select k.seq from job_key k where k.key = any (keys) and k.seq = any (seqs) and k.seq <> all (free));
  if held = '{}' or not patient then
    return held;
  end if;
  begin
    perform from job_key k where k.key = any (keys) and k.seq = any (held) order by k.key for update;
    return '{}';
  exception when lock_not_available or deadlock_detected then
    return held;
  end;
end
$$;

-- What became of an attempt that could not be settled: 'busy', 'settled' (before, by this very worker, with this very
-- outcome: only the reply was lost) or 'lost'.
create function verdict_of(job_seq bigint, its_attempt int, its_worker uuid, its_outcome "char") returns text language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  if exists (select from job_running r where r.seq = job_seq and r.attempt = its_attempt and r.worker_id = its_worker) then
    return 'busy';
  end if;
  if exists (select from job_stopped s where s.seq = job_seq and s.attempt = its_attempt and s.worker_id = its_worker
      and s.outcome = 's' and its_outcome = 's')
     or exists (select from job_attempt a where a.seq = job_seq and a.attempt = its_attempt and a.worker_id = its_worker
      and a.outcome = case its_outcome when 'x' then 'f' else its_outcome end) then
    return 'settled';
  end if;
  return 'lost';
end
$$;

-- Lets go of the unique keys of jobs that stopped, and notes their end for their schedules. What a schedule has is read along with the keys,
-- so that jobs of none ask nothing more.
create function free_keys(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  runs bigint[];
begin
  with j as materialized (
    select j.seq, j.unique_key, j.schedule_name
    from unnest(seqs) as s (seq) cross join lateral (select * from job where job.seq = s.seq limit 1) j
  ), freed as (
    delete from job_key k
    where k.key = any (array(select j.unique_key from j where j.unique_key is not null order by j.unique_key)) and k.seq = any (seqs)
  )
  select array_agg(j.seq) into runs from j where j.schedule_name is not null;
  if runs is not null then
    perform end_runs(runs);
  end if;
end
$$;
