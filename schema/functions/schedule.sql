-- Adds a schedule, or replaces the one of this name and key, and answers it as the view has it. Its counts stay. The same times never
-- come later for being asked for again; others count from now.
-- `wanted`: {name, key, owner, spec, template, cron, time_zone, every_ms, rule, misfire, no_overlap, max_runs, plan_from, next_run_at,
--   first_job_id}; `first_job_id`: of a job that is added at once if the schedule is new.
create function put_schedule(wanted jsonb) returns text language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  w schedule;
  old schedule;
  same boolean;
begin
  w := jsonb_populate_record(null::schedule, wanted);
  insert into schedule (name, key, owner, spec, template, cron, time_zone, every_ms, rule, misfire, no_overlap, max_runs, plan_from, next_run_at)
  values (w.name, w.key, w.owner, w.spec, w.template, w.cron, w.time_zone, w.every_ms, w.rule, w.misfire, w.no_overlap, w.max_runs, w.plan_from, w.next_run_at)
  on conflict (name, key) do nothing
  returning * into old;
  if found then
    -- What ended before, and was not counted, was a run of one that is no more.
    delete from schedule_run r where r.name = w.name and r.key = w.key and r.outcome is not null;
    if wanted ->> 'first_job_id' is not null then
      perform add_tick(old, now(), (wanted ->> 'first_job_id')::uuid);
    end if;
  else
    select * into old from schedule s where s.name = w.name and s.key = w.key for update;
    if old.name is null then -- it was ended meanwhile
      return put_schedule(wanted);
    end if;
    same := (old.cron, old.time_zone, old.every_ms, old.rule) is not distinct from (w.cron, w.time_zone, w.every_ms, w.rule);
    if same and w.rule is not null and old.next_run_at is not null then
      w.plan_from := null;
    end if;
    if same then
      w.next_run_at := least(old.next_run_at, w.next_run_at);
      w.plan_from := least(old.plan_from, w.plan_from);
    end if;
    if old.success_count >= w.max_runs then
      w.next_run_at := null;
      w.plan_from := null;
    end if;
    update schedule s set owner = w.owner, spec = w.spec, template = w.template, cron = w.cron, time_zone = w.time_zone, every_ms = w.every_ms,
      rule = w.rule, misfire = w.misfire, no_overlap = w.no_overlap, max_runs = w.max_runs, plan_from = w.plan_from, next_run_at = w.next_run_at,
      revision = old.revision + 1, waits = false, updated_at = now()
    where s.name = w.name and s.key = w.key;
  end if;
  if exists (select from sleeper) then
    perform wake('due');
  end if;
  return (select to_jsonb(v)::text from schedule_status v where v.name = w.name and v.key = w.key);
end
$$;

-- Makes an owner's schedules exactly these, and touches nobody else's: where one of them is another owner's, nothing is done, and
-- `foreign_place` says which, counted from 0.
create function sync_schedules(its_owner text, wanted jsonb) returns table (added int, changed int, removed int, foreign_place int) language plpgsql
  set search_path from current
as $$
#variable_conflict use_column
declare
  one record;
  old schedule;
begin
  added := 0;
  changed := 0;
  removed := 0;
  -- In the one order, so that two that sync never wait for each other crosswise.
  perform from schedule s
  where s.owner = its_owner or (s.name, s.key) in (select w.name, w.key from jsonb_to_recordset(wanted) as w (name text, key text))
  order by s.name, s.key for update;
  select w.place - 1 into foreign_place
  from rows from (jsonb_to_recordset(wanted) as (name text, key text)) with ordinality as w (name, key, place)
  join schedule s on s.name = w.name and s.key = w.key
  where s.owner <> its_owner order by w.place limit 1;
  if foreign_place is null then
    delete from schedule s where s.owner = its_owner
      and not exists (select from jsonb_to_recordset(wanted) as w (name text, key text) where w.name = s.name and w.key = s.key);
    get diagnostics removed = row_count;
    for one in
      select w.value as it, w.value ->> 'name' as name, w.value ->> 'key' as key from jsonb_array_elements(wanted) w order by 2, 3
    loop
      select * into old from schedule s where s.name = one.name and s.key = one.key;
      if old.name is null then
        added := added + 1;
        perform put_schedule(one.it);
      elsif (old.spec, old.template) is distinct from (one.it -> 'spec', one.it -> 'template') then
        changed := changed + 1;
        perform put_schedule(one.it);
      end if;
    end loop;
  end if;
  return next;
end
$$;

-- No tick until it is resumed; false: there is none such.
create function pause_schedule(its_name text, its_key text) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  update schedule s set paused_at = coalesce(s.paused_at, now()), revision = s.revision + 1, updated_at = now() where s.name = its_name and s.key = its_key;
  return found;
end
$$;

-- Goes on from this next time, or from the one that its rule finds; what a pause has left out is not made up for. False: there is none such.
create function resume_schedule(its_name text, its_key text, next timestamptz) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  update schedule s set paused_at = null, waits = false, revision = s.revision + 1, updated_at = now(),
    next_run_at = case when s.success_count >= s.max_runs then null else next end,
    plan_from = case when s.rule is not null and (s.success_count >= s.max_runs) is not true then greatest(s.plan_from, now()) end
  where s.name = its_name and s.key = its_key and s.paused_at is not null;
  if found and exists (select from sleeper) then
    perform wake('due');
  end if;
  return exists (select from schedule s where s.name = its_name and s.key = its_key);
end
$$;

-- Ends a schedule; a job that it has added goes on. False: there is none such.
create function unschedule(its_name text, its_key text) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  delete from schedule s where s.name = its_name and s.key = its_key;
  return found;
end
$$;

-- Ends the job of the last tick, if it has not stopped; the schedule goes on. 'cancelled', 'requested', 'notRunning', 'notFound'.
create function cancel_schedule(its_name text, its_key text) returns text language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  s schedule;
  verdict text;
begin
  select * into s from schedule k where k.name = its_name and k.key = its_key;
  if s.name is null then
    return 'notFound';
  end if;
  verdict := cancel_job(s.last_job_id);
  return case when verdict in ('cancelled', 'requested') then verdict else 'notRunning' end;
end
$$;
