-- The row by which a job that waits stands somewhere: taken out of it, or null if it stands nowhere such.
create function take_place(j job) returns table (state text, attempt int, retries int, timeout_retries int, crashes smallint, keyed boolean)
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  return query
  delete from job_available a where a.type = j.type and a.solo in (false, true) and a.group_key = coalesce(j.group_key, '') and a.rank = ~j.priority and a.seq = j.seq
  returning 'available', a.attempt, a.retries, a.timeout_retries, a.crashes, a.keyed;
  if found then
    return;
  end if;
  return query
  delete from job_scheduled s where s.seq = j.seq
  returning case when s.retrying then 'retrying' else 'scheduled' end, s.attempt, s.retries, s.timeout_retries, s.crashes, s.keyed;
end
$$;

-- 'cancelled': it will not run (again). 'requested': it runs, and its attempt is told to end. 'alreadyStopped', 'notFound'.
-- A job on its way from one table to another, in somebody's open transaction, is waited for and looked for again.
-- Each round more means that it was moved between two statements of the round before; the end of the rounds only keeps a row
-- that stands nowhere, which cannot be, from being looked for on and on.
create function cancel_job(job_id uuid) returns text language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  j job;
  place record;
begin
  for round in 1 .. 1000 loop
    select * into j from job where id = job_id;
    if j.id is null then
      return 'notFound';
    end if;
    select * into place from take_place(j);
    if found then
      insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, stopped_at, cancel_requested_at, error_msg)
      values (j.seq, 'c', place.attempt, place.retries, place.timeout_retries, place.crashes, now(), now(), 'Cancelled');
      if place.keyed then
        perform free_keys(array[j.seq]);
      end if;
      perform tell_change(j, place.state, 'cancelled');
      perform tell_jobs_stopped(array[j.seq], array[place.attempt], array['c'::"char"], array[false]);
      if j.bundle_id is not null then
        perform count_members(array[j.bundle_id], array[true], 1, 0);
      end if;
      return 'cancelled';
    end if;
    -- Of two wishes the later counts: what was to begin anew is cancelled.
    update job_running set cancel_requested_at = coalesce(cancel_requested_at, now()), reset_requested = false where seq = j.seq;
    if found then
      perform wake('cancel');
      return 'requested';
    end if;
    if exists (select from job_stopped where seq = j.seq) then
      return 'alreadyStopped';
    end if;
  end loop;
  raise exception 'job % stands in no table', job_id;
end
$$;
