-- Moves a job to another start. One that waits goes on waiting, for that time; one that has stopped begins again then, its budgets
-- as they were, and leaves its bundle's count of the stopped. 'set' · 'running': refused · 'keyHeld': another unfinished job holds
-- its unique key · 'notFound'.
create function set_job_start(job_id uuid, at timestamptz) returns text language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  j job;
  place record;
  ended job_stopped;
begin
  loop
    select * into j from job where id = job_id;
    if j.id is null then
      return 'notFound';
    end if;
    update job_scheduled set start_at = at where seq = j.seq and retrying;
    if found then
      perform wake('due');
      return 'set';
    end if;
    select * into place from take_place(j);
    if found then
      perform wait_until(j, place.state, at, place.attempt, place.retries, place.timeout_retries, place.crashes, place.keyed);
      return 'set';
    end if;
    if exists (select from job_running where seq = j.seq) then
      return 'running';
    end if;
    select * into ended from job_stopped where seq = j.seq for update;
    if found then
      if j.unique_key is not null then
        insert into job_key (key, seq) values (j.unique_key, j.seq) on conflict (key) do nothing;
        if not found then
          return 'keyHeld';
        end if;
      end if;
      delete from job_stopped where seq = j.seq;
      perform reopen_run(j);
      perform wait_until(j, state_of(ended.outcome), at, ended.attempt, ended.retries, ended.timeout_retries, ended.crashes,
        j.unique_key is not null or j.schedule_name is not null);
      if j.bundle_id is not null then
        perform count_members(array[j.bundle_id], array[ended.outcome <> 's'], -1, 0);
      end if;
      return 'set';
    end if;
  end loop;
end
$$;

-- Puts a job that stands nowhere, and was in the state `before`, where it waits for this time.
create function wait_until(j job, before text, at timestamptz, attempt int, retries int, timeout_retries int, crashes smallint, keyed boolean) returns void language plpgsql
  set search_path from current
as $$
begin
  update job set start_at = at where seq = j.seq;
  if at > now() then
    insert into job_scheduled (start_at, seq, type, group_key, rank, attempt, retries, timeout_retries, crashes, keyed)
    values (at, j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, attempt, retries, timeout_retries, crashes, keyed);
  else
    insert into job_available (seq, type, group_key, rank, attempt, retries, timeout_retries, crashes, keyed, solo)
    values (j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, attempt, retries, timeout_retries, crashes, keyed, crashes > 0);
  end if;
  perform tell_change(j, before, case when at > now() then 'scheduled' else 'available' end);
end
$$;
