-- Ends the attempts of silent workers, of any type, and of attempts that are past their deadline although their worker
-- beats. What a dead worker had only claimed ahead goes back at no cost. Dead rows are chosen, locked and moved in one transaction; what is being settled is skipped. Any process may do it.
-- `moved`: how many there were; `reaped`: those that had begun, or null.
create function reap_attempts(out moved int, out reaped jsonb) language plpgsql
  set search_path from current set jit = off
as $$
declare
  ends jsonb;
  freed text[];
  busy bigint[];
begin
  moved := 0;
  select jsonb_agg(jsonb_build_object('seq', r.seq, 'attempt', r.attempt, 'worker_id', r.worker_id, 'outcome', r.outcome) order by r.seq) into ends
  from (
    select r.seq, r.attempt, r.worker_id, case when is_alive(r.worker_id) then 't' when r.ahead > coalesce((select b.through from worker_begun b where b.worker_id = r.worker_id), 0) then 'r' else 'k' end as outcome
    from job_running r
    where not exists (select from worker w where w.id = r.worker_id and w.stopped_at is null and (w.worker_alive_at is null or w.worker_alive_at > now() - w.dead_for))
       -- Its own worker ends it first; what is this late hangs beyond its worker's reach.
       or r.deadline < now() - (select w.dead_for from worker w where w.id = r.worker_id) and (r.ahead is null or exists (
         select from worker_begun b join worker w on w.id = b.worker_id
         where b.worker_id = r.worker_id and r.ahead <= b.through and b.at + (r.deadline - r.started_at) < now() - w.dead_for))
    order by r.seq limit 500 for update of r skip locked
  ) r;
  update worker w set stopped_at = now()
  where w.id in (
    select d.id from worker d where d.stopped_at is null and d.worker_alive_at <= now() - d.dead_for order by d.id for update skip locked);
  delete from sleeper s where not is_alive(s.worker_id);
  if ends is null then
    return;
  end if;
  -- What a caller's transaction holds waits for the next look: it must not keep this one looking.
  freed := counted_types(array(select e.seq from jsonb_to_recordset(ends) as e (seq bigint)));
  busy := array(select s.seq from settle_attempts(ends) s where s.verdict = 'busy');
  if freed <> '{}' then
    perform wake_for_room(freed);
  end if;
  moved := jsonb_array_length(ends) - cardinality(busy);
  reaped := (
    select jsonb_agg(jsonb_build_object('id', j.id, 'type', j.type, 'attempt', e.attempt, 'worker_id', e.worker_id, 'late', e.outcome = 't'))
    from jsonb_to_recordset(ends) as e (seq bigint, attempt int, worker_id uuid, outcome text)
    cross join lateral (select * from job where job.seq = e.seq limit 1) j
    where e.outcome <> 'r' and e.seq <> all (busy));
end
$$;

-- Makes available what is due, up to a thousand jobs, in the order of their times.
create function promote_jobs() returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  promoted int;
  tells_changes boolean := changes_are_heard();
begin
  with due as (
    delete from job_scheduled s where s.ctid = any (array(
      select d.ctid from job_scheduled d where d.start_at <= now() order by d.start_at limit 1000 for update skip locked))
    returning s.*
  ), ready as (
    insert into job_available (seq, type, group_key, rank, attempt, retries, timeout_retries, crashes, keyed, solo)
    select d.seq, d.type, d.group_key, d.rank, d.attempt, d.retries, d.timeout_retries, d.crashes, d.keyed, d.crashes > 0 from due d order by d.seq
  ), told as (
    insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, previous, current)
    select 'c', j.id, j.type, j.schedule_name, j.schedule_key, j.origin, j.bundle_id, case when d.retrying then 'retrying' else 'scheduled' end, 'available'
    from due d cross join lateral (select * from job where job.seq = d.seq limit 1) j
    where tells_changes
  )
  select count(*) into promoted from due;
  if promoted > 0 and tells_changes then
    perform wake('event');
  end if;
  return promoted;
end
$$;

-- What a process asks between its steps, in one statement: frees what the dead hold, makes due what is due, says whether
-- work waits and when to look again. `canary` comes back to the caller's own LISTEN connection, if that one hears anything.
-- `settled` is what this process has settled since its start, by outcome. `beats`: it beats along, unless `beaten` says otherwise.
-- `reaped` are the attempts that it has ended, null if none.
-- `its_rules` are the rules by which it can tell the times of schedules; null: it runs none.
create function look(its_id uuid, its_types text[], reaps boolean, sleeps boolean, canary text default null, settled jsonb default null,
    beats boolean default false, its_rules text[] default null)
  returns table (waiting boolean, waiting_solo boolean, run_dry boolean, next_due_ms double precision, beaten boolean, next_tick_ms double precision, reaped jsonb)
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  limited constant text[] := know_groups(its_types);
  ended record;
  open_types constant text[] := case limited when '{}' then its_types else array(select unnest(its_types) except select unnest(paused_of(limited))) end;
begin
  if limited <> '{}' then
    perform count_running(l) from type_limit l
    where l.type = any (limited) and l.concurrency is not null and l.set_at > now() - interval '10 s';
  end if;
  if sleeps then
    -- Nobody need wake it for what is paused.
    insert into sleeper as s (worker_id, job_types) values (its_id, open_types)
    on conflict (worker_id) do update set job_types = excluded.job_types where s.job_types <> excluded.job_types;
  else
    delete from sleeper where worker_id = its_id;
  end if;
  if reaps then
    loop
      select * into ended from reap_attempts();
      reaped := coalesce(reaped || ended.reaped, reaped, ended.reaped);
      exit when ended.moved < 500;
    end loop;
  end if;
  while promote_jobs() = 1000 loop null; end loop;
  if canary is not null then
    perform wake('canary ' || canary);
  end if;
  if settled is not null then
    perform note_settled(its_id, settled);
  end if;
  if its_rules is not null then
    perform count_runs();
  end if;
  beaten := case when beats then beat_along(its_id) else false end;
  return query
  select waits(its_types, false, limited), waits(its_types, true, limited), take_solo_turn(its_id, open_types),
    least((extract(epoch from (select s.start_at from job_scheduled s order by s.start_at limit 1) - clock_timestamp()) * 1000)::double precision,
      case when limited <> '{}' then next_turn_ms(limited) end), beaten,
    case when its_rules is not null then next_tick_ms(its_rules) end, reaped;
end
$$;

-- True if a job of these types can be claimed, of which so many are limited.
create function waits(types text[], alone boolean, limited text[] default null) returns boolean language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_variable
begin
  if not exists (
    select from unnest(types) as t (type)
    cross join lateral (select from job_available a where a.type = t.type and a.solo = alone limit 1) a)
  then
    return false;
  end if;
  limited := coalesce(limited, limited_of(types));
  if limited = '{}' then
    return true;
  end if;
  return exists (
      select from unnest(types) as t (type)
      cross join lateral (select from job_available a where a.type = t.type and a.solo = alone limit 1) a
      where t.type <> all (limited))
    or turns_wait(limited, alone);
end
$$;

-- Notes which of these types have jobs in groups, of which claims shall know, and answers all that claims know of.
create function know_groups(types text[]) returns text[] language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  if exists (select from job_available a where a.type = any (types) and a.group_key <> '') then
    perform know_limited(array(
      select t.type from unnest(types) as t (type)
      where exists (select from job_available a where a.type = t.type and a.group_key <> '')), in_groups => true);
  end if;
  return limited_of(types);
end
$$;

-- Jobs that must run alone wait for a process that is idle. Where none has been for a minute, one process at a time is chosen
-- to let its threads run dry: true for the one whose turn it is.
create function take_solo_turn(its_id uuid, its_types text[]) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  if not exists (
    select from unnest(its_types) as t (type)
    cross join lateral (
      select a.seq, a.attempt from job_available a where a.type = t.type and a.solo order by a.group_key, a.rank, a.seq limit 10
    ) a
    cross join lateral (
      select k.ended_at from job_attempt k where k.seq = a.seq and k.attempt = a.attempt limit 1
    ) crash
    where crash.ended_at < now() - interval '1 minute'
  ) then
    return false;
  end if;
  insert into solo_turn (worker_id, ends_at) values (its_id, now() + interval '1 minute')
  on conflict (only_row) do update set worker_id = excluded.worker_id, ends_at = excluded.ends_at
  where solo_turn.ends_at < now() or solo_turn.worker_id = excluded.worker_id;
  return found;
end
$$;
