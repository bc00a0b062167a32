-- Begins a job anew: counts, error, result and progress are forgotten, its attempt number and its attempts are not.
-- 'reset' · 'running': refused, unless `cancels`, which notes the wish: that attempt is told to end, and its end leads here,
-- 'requested' · 'keyHeld': another unfinished job holds its unique key · 'notFound'.
create function reset_job(job_id uuid, cancels boolean default false) returns text language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  j job;
  ended job_stopped;
begin
  for round in 1 .. 1000 loop
    select * into j from job where id = job_id;
    if j.id is null then
      return 'notFound';
    end if;
    if restart_waiting(j) then
      return 'reset';
    end if;
    if cancels then
      update job_running set cancel_requested_at = coalesce(cancel_requested_at, now()), reset_requested = true where seq = j.seq;
      if found then
        perform wake('cancel');
        return 'requested';
      end if;
    elsif exists (select from job_running where seq = j.seq) then
      return 'running';
    end if;
    select * into ended from job_stopped where seq = j.seq for update;
    if found then
      if j.unique_key is not null then
        insert into job_key (key, seq) values (j.unique_key, j.seq) on conflict (key) do nothing;
        -- Who resets many has taken the keys before.
        if not found and not exists (select from job_key k where k.key = j.unique_key and k.seq = j.seq) then
          return 'keyHeld';
        end if;
      end if;
      delete from job_stopped where seq = j.seq;
      perform reopen_run(j);
      insert into job_available (seq, type, group_key, rank, attempt, keyed)
      values (j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, ended.attempt, j.unique_key is not null or j.schedule_name is not null);
      perform tell_change(j, state_of(ended.outcome), 'available');
      if j.bundle_id is not null then
        perform count_members(array[j.bundle_id], array[ended.outcome <> 's'], -1, 0);
      end if;
      return 'reset';
    end if;
  end loop;
  raise exception 'job % stands in no table', job_id;
end
$$;

-- A job that waits: one whose time has not come goes on waiting for it, any other becomes available at once. False: it does not wait.
create function restart_waiting(j job) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  place record;
begin
  update job_scheduled set retries = 0, timeout_retries = 0, crashes = 0 where seq = j.seq and not retrying;
  if found then
    return true;
  end if;
  select * into place from take_place(j);
  if not found then
    return false;
  end if;
  insert into job_available (seq, type, group_key, rank, attempt, keyed)
  values (j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, place.attempt, place.keyed);
  perform tell_change(j, place.state, 'available');
  return true;
end
$$;
