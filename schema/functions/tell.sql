-- Which kinds of events somebody listens for now, as the view heard tells.
create function heard_kinds() returns text language plpgsql stable
as $$
begin
  return (select h.kinds from heard h);
end
$$;

-- True while somebody listens for changes of state.
create function changes_are_heard() returns boolean language plpgsql stable
  set search_path from current
as $$
begin
  return heard_kinds() like '%c%';
end
$$;

-- Writes the event of one job's change of state, while somebody listens. The same state again is no change.
create function tell_change(j job, before text, after text) returns void language plpgsql
  set search_path from current
as $$
begin
  if before is distinct from after and changes_are_heard() then
    insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, previous, current)
    values ('c', j.id, j.type, j.schedule_name, j.schedule_key, j.origin, j.bundle_id, before, after);
    perform wake('event');
  end if;
end
$$;

-- Writes one event for each attempt that ended, while somebody listens.
create function tell_jobs_stopped(seqs bigint[], attempts int[], outcomes "char"[], retries boolean[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  if heard_kinds() not like '%j%' then
    return;
  end if;
  insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, attempt, outcome, will_retry)
  select 'j', j.id, j.type, j.schedule_name, j.schedule_key, j.origin, j.bundle_id, e.attempt, e.outcome, e.retries
  from unnest(seqs, attempts, outcomes, retries) as e (seq, attempt, outcome, retries)
  cross join lateral (select * from job where job.seq = e.seq limit 1) j;
  perform wake('event');
end
$$;

-- The same for attempts that succeeded, and their changes of state, if these are heard.
create function tell_succeeded(seqs bigint[], attempts int[], heard text) returns void language plpgsql
as $$
begin
  insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, attempt, outcome, will_retry, previous, current)
  select k.kind, j.id, j.type, j.schedule_name, j.schedule_key, j.origin, j.bundle_id,
    case k.kind when 'j' then e.attempt end, case k.kind when 'j' then 's'::"char" end,
    case k.kind when 'j' then false end, case k.kind when 'c' then 'running' end, case k.kind when 'c' then 'succeeded' end
  from (values ('c'::"char"), ('j'::"char")) as k (kind)
  cross join unnest(seqs, attempts) as e (seq, attempt)
  cross join lateral (select * from job where job.seq = e.seq limit 1) j
  where strpos(heard, k.kind::text) > 0;
  perform wake('event');
end
$$;

-- The word for a state as job_stopped holds it.
create function state_of(outcome "char") returns text language sql immutable
as $$
  select case outcome when 's' then 'succeeded' when 'f' then 'failed' when 'c' then 'cancelled' when 'd' then 'dead' end
$$;

-- Says, or says again, that a process listens for these kinds: events are written while it does so every two minutes.
create function announce_listener(its_id uuid, wants_jobs boolean, wants_bundles boolean, wants_changes boolean) returns void language plpgsql
  set search_path from current
as $$
begin
  insert into listener as l (id, jobs, bundles, changes) values (its_id, wants_jobs, wants_bundles, wants_changes)
  on conflict (id) do update set jobs = excluded.jobs, bundles = excluded.bundles, changes = excluded.changes, seen_at = now()
  where l.login = session_user;
end
$$;

-- The process listens no longer.
create function dismiss_listener(its_id uuid) returns void language plpgsql
  set search_path from current
as $$
begin
  delete from listener l where l.id = its_id and l.login = session_user;
end
$$;
