-- Registers a name, or says that a process of this name is there: events of these kinds are written for it from now on.
-- It begins with the transactions that begin after its first registration; one that was forgotten begins anew.
create function listen_by_name(its_name text, wants_jobs boolean, wants_bundles boolean, wants_changes boolean) returns void language plpgsql
  set search_path from current
as $$
begin
  insert into named_listener as n (name, jobs, bundles, changes, tx, since)
  values (its_name, wants_jobs, wants_bundles, wants_changes, pg_snapshot_xmin(pg_current_snapshot()), pg_current_snapshot())
  on conflict (name) do update set
    -- During a deployment two versions of it may listen: what either wants is written.
    jobs = n.jobs or excluded.jobs,
    bundles = n.bundles or excluded.bundles,
    changes = n.changes or excluded.changes,
    tx = case when n.forgotten_at is null then n.tx else excluded.tx end,
    id = case when n.forgotten_at is null then n.id else 0 end,
    since = case when n.forgotten_at is null then n.since else excluded.since end,
    seen_at = now(),
    forgotten_at = null;
end
$$;

-- Takes or renews the lease by which one process tells the events of a name: 0 where it has it now, else the milliseconds until
-- the lease of another lapses. Null: the name was ended. One that was forgotten while its process was out of reach begins anew.
create function hold_listener(its_name text, its_holder uuid) returns double precision language plpgsql
  set search_path from current
as $$
declare
  held_for_ms double precision;
  n named_listener;
begin
  select * into n from named_listener where name = its_name;
  if n.forgotten_at is not null then
    perform listen_by_name(n.name, n.jobs, n.bundles, n.changes);
  end if;
  update named_listener l set
    seen_at = now(),
    holder = case when l.holder = its_holder or l.held_until is null or l.held_until < now() then its_holder else l.holder end,
    held_until = case when l.holder = its_holder or l.held_until is null or l.held_until < now() then now() + interval '30 seconds' else l.held_until end
  where l.name = its_name
  returning case when l.holder = its_holder then 0 else extract(epoch from l.held_until - now()) * 1000 end into held_for_ms;
  if held_for_ms = 0 then
    perform skip_unwanted_events(its_name);
  end if;
  return held_for_ms;
end
$$;

-- Moves the cursor of a name past events that it does not want, where nothing else lies ahead of it: they need not be kept for it.
create function skip_unwanted_events(its_name text) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  n named_listener;
  newest record;
begin
  select * into strict n from named_listener where name = its_name;
  if exists (
    select from event e
    where (e.tx, e.id) > (n.tx, n.id) and e.tx < horizon and not pg_visible_in_snapshot(e.tx, n.since)
      and case e.kind when 'j' then n.jobs when 'b' then n.bundles else n.changes end
  ) then
    return;
  end if;
  select e.tx, e.id into newest from event e where (e.tx, e.id) > (n.tx, n.id) and e.tx < horizon order by e.tx desc, e.id desc limit 1;
  if found then
    update named_listener set tx = newest.tx, id = newest.id where name = its_name;
  end if;
end
$$;

-- The next events of a name, for its holder alone: those that are to be told again, and those past its cursor. The cursor passes
-- only transactions below the oldest one still open, so that none which commits late is skipped.
create function next_events(its_name text, its_holder uuid, most int)
  returns table (tx text, id text, kind text, job_id text, job_type text, origin text, bundle_id text, bundle_type text, attempt int,
    outcome text, will_retry boolean, epoch int, has_error boolean, previous text, current text, schedule_name text, schedule_key text, tries int)
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  n named_listener;
begin
  select * into n from named_listener where name = its_name and holder = its_holder;
  if n.name is null then
    return;
  end if;
  return query
  with due as materialized (
    select a.tx, a.id, a.tries from event_again a where a.name = its_name and a.due_at <= now() order by a.due_at limit most
  ), following as materialized (
    select e.tx, e.id from event e
    where (e.tx, e.id) > (n.tx, n.id) and e.tx < pg_snapshot_xmin(pg_current_snapshot())
      and not pg_visible_in_snapshot(e.tx, n.since)
      and case e.kind when 'j' then n.jobs when 'b' then n.bundles else n.changes end
    order by e.tx, e.id limit most
  ), chosen as materialized (
    select d.tx, d.id, d.tries from due d union all select f.tx, f.id, 0 from following f
  )
  select e.tx::text, e.id::text, e.kind::text, e.job_id::text, e.job_type, e.origin, e.bundle_id::text, e.bundle_type, e.attempt,
    e.outcome::text, e.will_retry, e.epoch, e.has_error, e.previous, e.current, e.schedule_name, e.schedule_key, c.tries
  from chosen c cross join lateral (select * from event where event.tx = c.tx and event.id = c.id limit 1) e
  order by c.tx, c.id;
end
$$;

-- Notes what became of events: the cursor moves up to (`its_tx`, `its_id`), where these are given; `done` need not be told again,
-- `again` must be, each after its wait: [{tx, id, tries, wait_ms}]. Only the holder's word counts: false, and nothing is noted, where
-- the lease has gone to another. The answer of the holder comes with the milliseconds until the first event is to be told again.
create function note_events(its_name text, its_holder uuid, its_tx xid8, its_id bigint, done jsonb, again jsonb)
  returns table (held boolean, again_ms double precision) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
begin
  -- Never back: a note whose connection was cut may arrive after the one that repeated it.
  update named_listener n set
    tx = case when (its_tx, its_id) > (n.tx, n.id) then its_tx else n.tx end,
    id = case when (its_tx, its_id) > (n.tx, n.id) then its_id else n.id end,
    held_until = now() + interval '30 seconds'
  where n.name = its_name and n.holder = its_holder;
  if not found then
    return query select false, null::double precision;
    return;
  end if;
  delete from event_again a using jsonb_to_recordset(done) as d (tx xid8, id bigint) where a.name = its_name and a.tx = d.tx and a.id = d.id;
  insert into event_again as a (name, tx, id, tries, due_at)
  select its_name, g.tx, g.id, g.tries, now() + g.wait_ms * interval '1 ms'
  from jsonb_to_recordset(again) as g (tx xid8, id bigint, tries int, wait_ms double precision)
  on conflict (name, tx, id) do update set tries = excluded.tries, due_at = excluded.due_at;
  return query
  select true, (extract(epoch from min(a.due_at) - now()) * 1000)::double precision from event_again a where a.name = its_name;
end
$$;

-- The holder's last word: another process of the name may go on at once.
create function leave_listener(its_name text, its_holder uuid) returns void language plpgsql
  set search_path from current
as $$
begin
  update named_listener set holder = null, held_until = null where name = its_name and holder = its_holder;
  if found then
    perform wake('listener');
  end if;
end
$$;

-- Ends a name: its events wait no longer. False: there is none.
create function forget_listener(its_name text) returns boolean language plpgsql
  set search_path from current
as $$
begin
  delete from named_listener where name = its_name;
  if not found then
    return false;
  end if;
  delete from event_again where name = its_name;
  perform wake('listener');
  return true;
end
$$;

-- True while a named listener has not had everything that happened to this job.
create function is_awaited(its_job_id uuid) returns boolean language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off
as $$
begin
  return exists (select from named_listener where forgotten_at is null) and exists (
    select from event e where e.job_id = its_job_id and awaits(e));
end
$$;

-- The same of a bundle and its members.
create function bundle_is_awaited(its_id uuid) returns boolean language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off
as $$
begin
  return exists (select from named_listener where forgotten_at is null) and (
    exists (select from event e where e.bundle_id = its_id and e.kind = 'b' and awaits(e))
    or exists (select from job j where j.bundle_id = its_id and is_awaited(j.id)));
end
$$;

-- True while some named listener that wants this event has not taken it.
create function awaits(e event) returns boolean language plpgsql stable
  set search_path from current
as $$
begin
  return exists (
    select from named_listener n
    where n.forgotten_at is null and case e.kind when 'j' then n.jobs when 'b' then n.bundles else n.changes end
      and ((e.tx, e.id) > (n.tx, n.id) and not pg_visible_in_snapshot(e.tx, n.since)
        or exists (select from event_again a where a.name = n.name and a.tx = e.tx and a.id = e.id)));
end
$$;

-- Clears away events that everybody has had, and names that nobody has used for seven days.
create function keep_events() returns void language plpgsql
  set search_path from current set jit = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  slowest named_listener;
begin
  delete from listener where seen_at < now() - interval '10 minutes';
  update named_listener set forgotten_at = now(), holder = null, held_until = null
  where forgotten_at is null and seen_at < now() - interval '7 days';
  delete from named_listener where forgotten_at < now() - interval '30 days';
  delete from event_again a where not exists (select from named_listener n where n.name = a.name and n.forgotten_at is null);
  select * into slowest from named_listener n where n.forgotten_at is null order by n.tx, n.id limit 1;
  delete from event e
  where e.at < now() - interval '10 minutes' and (slowest.name is null or (e.tx, e.id) <= (slowest.tx, slowest.id))
    and not exists (select from event_again a where a.tx = e.tx and a.id = e.id);
end
$$;
