-- What a step answers: one column list for all kinds of rows, read as text so that no type parser has a say.
create type step_row as (
  kind text, seq bigint, attempt int, next_due_ms double precision,
  id uuid, type text, payload jsonb, priority int, origin text, bundle_id uuid, after_bundle_id uuid,
  unique_key text, max_retry_count int, max_timeout_retry_count int, timeout_ms bigint, start_at text, created_at text, started_at text,
  alive_at text, retries int, timeout_retries int, crashes int, begun boolean
);

-- Takes ready jobs and begins their next attempt: the only place where `attempt` rises.
--
-- Only jobs that must run alone, or only others, as `alone` says. Each type is probed without locking for as many index entries as fit; only the best of all are locked, deleted and begun.
-- Locking inside the probes would lock types × room rows. `= any (array(…))` runs the limited select once, whatever the plan.
-- `types` has its handlers' settings beside it, for jobs that have none of their own.
-- One row 'contended' says that others took some of what the probes had seen: more may be waiting.
-- A process that has not beaten for too long gets nothing: it must beat first.
-- The best `at_once` of them begin now, or all; the others are claimed ahead, and begin by begin_attempts.
-- For step alone, whose settings pin these plans.
create function claim_jobs(its_id uuid, types text[], rooms int[], all_max_retries int[], all_max_timeout_retries int[], timeouts bigint[],
  room int, alone boolean, max_crashes int, at_once int, tells_changes boolean) returns setof step_row language plpgsql
as $$
declare
  heard_at text;
  started_at text := moment(now());
  places tid[];
  taken bigint;
begin
  select moment(w.worker_alive_at) into heard_at from worker w
  where w.id = its_id and w.stopped_at is null and (w.worker_alive_at is null or w.worker_alive_at > now() - w.dead_for);
  if not found then
    return;
  end if;
  places := array(
    select best.ctid
    from unnest(types, rooms) as t (type, room)
    cross join lateral (
      select k.ctid, k.rank, k.seq from job_available k
      where k.type = t.type and k.solo = alone
      order by k.rank, k.seq limit least(t.room, claim_jobs.room)
    ) best
    order by best.rank, best.seq limit claim_jobs.room);
  if places = '{}' then
    return;
  end if;

  return query
  with taken as (
    delete from job_available a where a.ctid = any (array(
      select w.ctid from job_available w where w.ctid = any (places) for update skip locked))
    returning a.seq, a.attempt + 1 as attempt, a.retries, a.timeout_retries, a.crashes, a.keyed
  ), begun as materialized (
    select j.*, t.attempt, t.retries, t.timeout_retries, t.crashes, t.keyed,
      coalesce(j.timeout_ms, w.timeout_ms) as its_timeout_ms,
      coalesce(row_number() over (order by ~j.priority, j.seq) > at_once, false) as prefetched,
      coalesce(j.max_retry_count, w.max_retries) as its_max_retries,
      coalesce(j.max_timeout_retry_count, w.max_timeout_retries) as its_max_timeout_retries
    from taken t
    cross join lateral (select * from job where job.seq = t.seq limit 1) j
    join unnest(types, all_max_retries, all_max_timeout_retries, timeouts) as w (type, max_retries, max_timeout_retries, timeout_ms) on w.type = j.type
  ), running as (
    insert into job_running (seq, attempt, worker_id, bundle_id, started_at, deadline, retries, timeout_retries, crashes,
      max_retries, max_timeout_retries, max_crashes, keyed, prefetched)
    select b.seq, b.attempt, its_id, b.bundle_id, now(), case when not b.prefetched then now() + nullif(b.its_timeout_ms, 0) * interval '1 ms' end, b.retries, b.timeout_retries, b.crashes,
      b.its_max_retries, b.its_max_timeout_retries, max_crashes, b.keyed, b.prefetched
    from begun b
  ), told as (
    insert into event (kind, job_id, job_type, origin, bundle_id, previous, current)
    select 'c', b.id, b.type, b.origin, b.bundle_id, 'available', 'running' from begun b where tells_changes
  )
  select 'claimed', b.seq, b.attempt, null::double precision, b.id, b.type, b.payload, b.priority, b.origin, b.bundle_id, b.after_bundle_id,
    b.unique_key, b.max_retry_count, b.max_timeout_retry_count, b.timeout_ms, moment(b.start_at), moment(b.created_at), started_at,
    heard_at, b.retries, b.timeout_retries, b.crashes::int, not b.prefetched
  from begun b order by ~b.priority, b.seq;
  get diagnostics taken = row_count;
  if taken < cardinality(places) then
    return next (jsonb_populate_record(null::step_row, '{"kind": "contended"}'));
  end if;
  if taken > 0 and tells_changes then
    perform wake('event');
  end if;
end
$$;
