-- What a step answers: one column list for all kinds of rows, read as text so that no type parser has a say.
create type step_row as (
  kind text, seq text, attempt int, next_due_ms text,
  id text, type text, payload text, priority int, origin text, bundle_id text, after_bundle_id text,
  unique_key text, max_retry_count int, max_timeout_retry_count int, job_timeout_ms text, start_at text, created_at text, started_at text,
  alive_at text, retries int, timeout_retries int, crashes int, timeout_ms text, max_retries int, max_timeout_retries int, begun boolean,
  schedule_name text, schedule_key text
);

-- Takes ready jobs and begins their next attempt: the only place where `attempt` rises.
--
-- Only jobs that must run alone, or only others, as `alone` says. Each type is probed without locking for as many index entries as fit; only the best of all are locked, deleted and begun.
-- Locking inside the probes would lock types × room rows. `= any (array(…))` runs the limited select once, whatever the plan.
-- `wanted`: [{type, room, max_retries, max_timeout_retries, timeout_ms}], the handlers' settings where the job has none.
-- One row 'contended' says that others took some of what the probes had seen: more may be waiting.
-- A process that has not beaten for too long gets nothing: it must beat first.
-- The best `at_once` of them begin now, or all; the others are claimed ahead, and begin by begin_attempts.
create function claim_jobs(worker_id uuid, wanted jsonb, room int, alone boolean, max_crashes int, at_once int default null) returns setof step_row
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  me uuid := worker_id;
  heard_at timestamptz;
  tells_changes boolean := changes_are_heard();
begin
  if not is_alive(me) then
    return;
  end if;
  select w.worker_alive_at into heard_at from worker w where w.id = me;
  return query
  with probed as materialized (
    select array(
      select best.ctid
      from jsonb_to_recordset(wanted) as t (type text, room int)
      cross join lateral (
        select k.ctid, k.rank, k.seq from job_available k
        where k.type = t.type and k.solo = alone
        order by k.rank, k.seq limit least(t.room, claim_jobs.room)
      ) best
      order by best.rank, best.seq limit claim_jobs.room) as ctids
  ), taken as (
    delete from job_available a where a.ctid = any (array(
      select w.ctid from job_available w where w.ctid = any ((select p.ctids from probed p)::tid[])
      for update skip locked))
    returning a.seq, a.attempt + 1 as attempt, a.retries, a.timeout_retries, a.crashes, a.keyed
  ), begun as materialized (
    select j.*, t.attempt, t.retries, t.timeout_retries, t.crashes, t.keyed,
      coalesce(j.timeout_ms, w.timeout_ms) as its_timeout_ms,
      coalesce(row_number() over (order by ~j.priority, j.seq) > at_once, false) as prefetched,
      coalesce(j.max_retry_count, w.max_retries) as its_max_retries,
      coalesce(j.max_timeout_retry_count, w.max_timeout_retries) as its_max_timeout_retries
    from taken t
    cross join lateral (select * from job where job.seq = t.seq limit 1) j
    join jsonb_to_recordset(wanted) as w (type text, max_retries int, max_timeout_retries int, timeout_ms bigint) on w.type = j.type
  ), running as (
    insert into job_running (seq, attempt, worker_id, bundle_id, started_at, deadline, retries, timeout_retries, crashes,
      max_retries, max_timeout_retries, max_crashes, keyed, prefetched)
    select b.seq, b.attempt, me, b.bundle_id, now(), case when not b.prefetched then now() + nullif(b.its_timeout_ms, 0) * interval '1 ms' end, b.retries, b.timeout_retries, b.crashes,
      b.its_max_retries, b.its_max_timeout_retries, max_crashes, b.keyed, b.prefetched
    from begun b
  ), told as (
    insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, previous, current)
    select 'c', b.id, b.type, b.schedule_name, b.schedule_key, b.origin, b.bundle_id, 'available', 'running' from begun b where tells_changes
  )
  select 'claimed', b.seq::text, b.attempt, null, b.id::text, b.type, b.payload::text, b.priority, b.origin, b.bundle_id::text, b.after_bundle_id::text,
    b.unique_key, b.max_retry_count, b.max_timeout_retry_count, b.timeout_ms::text, moment(b.start_at), moment(b.created_at), moment(now()),
    moment(heard_at), b.retries, b.timeout_retries, b.crashes::int, b.its_timeout_ms::text, b.its_max_retries, b.its_max_timeout_retries,
    not b.prefetched, b.schedule_name, b.schedule_key
  from (select * from begun order by ~priority, seq) b
  union all
  select (jsonb_populate_record(null::step_row, '{"kind": "contended"}')).* from probed p
  where cardinality(p.ctids) > (select count(*) from begun);
  if found and tells_changes then
    perform wake('event');
  end if;
end
$$;
