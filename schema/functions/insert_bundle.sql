-- Makes a bundle, open and empty; false if this id exists already.
create function insert_bundle(bundle uuid, bundle_type text, bundle_origin text, templates jsonb, deletes boolean default false) returns boolean language plpgsql
  set search_path from current
as $$
begin
  insert into job_bundle (id, type, origin, sealed, when_stopped, delete_on_success) values (bundle, bundle_type, bundle_origin, false, templates, deletes)
  on conflict (id) do nothing;
  return found;
end
$$;

-- Adds members to an open bundle that this transaction has made or locked (lock_open_bundle), and answers as store_jobs does. The
-- total rises with the insert of members, never after, so that no bundle stops before it is complete.
create function insert_members(bundle uuid, list jsonb, not_before timestamptz default null, patience text default null)
  returns table (place bigint, id uuid) language plpgsql
  set search_path from current
as $$
#variable_conflict use_column
declare
  known int;
  members int;
begin
  -- Whoever forgot to look, or never meant to, shall not wake a bundle that has stopped.
  if lock_open_bundle(bundle) <> 'open' then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format('bundle %s takes no more members', bundle);
  end if;
  return query select i.place, i.id from store_jobs(list, bundle, not_before, patience) i;
  get diagnostics known = row_count;
  members := jsonb_array_length(case jsonb_typeof(list) when 'object' then list -> 'payloads' else list end) - known;
  if members > 0 then
    perform count_members(array[bundle], array[false], 0, members);
  end if;
end
$$;

-- Keeps a bundle open until this transaction ends; 'open', or why members cannot be added: 'sealed', 'stopped', 'notFound'.
create function lock_open_bundle(bundle uuid) returns text language plpgsql
  set search_path from current
as $$
declare
  b job_bundle;
begin
  select * into b from job_bundle where id = bundle for key share;
  return case when b.id is null then 'notFound' when b.stopped_at is not null then 'stopped' when b.sealed then 'sealed' else 'open' end;
end
$$;

-- Closes a bundle for members; it stops here and now if all it has have stopped, or if it has none. False: no such bundle.
create function seal_bundle(bundle uuid) returns boolean language plpgsql
  set search_path from current
as $$
declare
  b job_bundle;
begin
  select * into b from job_bundle where id = bundle for update;
  if b.id is null then
    return false;
  end if;
  if b.sealed then
    return true;
  end if;
  update job_bundle set
    sealed = true,
    updated_at = now(),
    stopped_at = case when b.num_stopped = b.num_jobs then now() end,
    epoch = b.epoch + case when b.num_stopped = b.num_jobs then 1 else 0 end
  where id = bundle;
  if b.num_stopped = b.num_jobs then
    perform tell_bundle_stopped(bundle);
  end if;
  return true;
end
$$;

-- A whole bundle in one call, with at least one member or open. It answers as insert_members does; where this id exists already,
-- nothing is added, and the one answer has the place 0.
create function insert_whole_bundle(bundle uuid, bundle_type text, bundle_origin text, templates jsonb, list jsonb, seals boolean,
    not_before timestamptz default null, patience text default null, deletes boolean default false)
  returns table (place bigint, id uuid) language plpgsql
  set search_path from current
as $$
begin
  if not insert_bundle(bundle, bundle_type, bundle_origin, templates, deletes) then
    return query select 0::bigint, bundle;
    return;
  end if;
  return query select m.place, m.id from insert_members(bundle, list, not_before, patience) m;
  if seals then
    perform seal_bundle(bundle);
  end if;
end
$$;

-- The ids of a bundle's members, in the order of adding: what an add that is repeated with the bundle's id is answered with.
create function member_ids(bundle uuid, skip int, most int) returns table (id uuid) language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  return query select j.id from job j where j.bundle_id = bundle order by j.seq offset skip limit most;
end
$$;
