-- Notes that these types are known now, by a living worker. Who holds a row is noting the same.
create function know_types(types text[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
begin
  update known_type k set known_at = now() where k.type = any (array(
    select n.type from known_type n where n.type = any (types) and n.known_at < now() - interval '30 seconds' order by n.type for update skip locked));
  insert into known_type (type)
  select distinct t.type from unnest(types) as t (type) where not exists (select from known_type n where n.type = t.type) order by t.type
  on conflict (type) do nothing;
end
$$;

-- Notes which types the living workers know, and since when it has been noted without a gap of more than an hour: after a longer
-- one, nobody can say of a type that it was unknown meanwhile.
create function know_live_types() returns void language plpgsql
  set search_path from current
as $$
begin
  perform know_types(array(select distinct unnest(w.job_types) from worker w where is_alive(w.id)));
  perform from keeping for update skip locked;
  if found then
    update keeping set kept_at = now(),
      unbroken_since = case when kept_at >= now() - interval '1 hour' then unbroken_since else now() end;
  end if;
end
$$;

-- Deletes up to `most` orphans: available jobs that have waited for so long, of types that no living worker has known for so long.
-- Only these are looked at: what runs is known, and what waits for its time becomes available by it, known or not. `keeps` counts
-- as an hour at least, the longest gap in which a type may be known without being noted.
create function delete_orphans(keeps interval, most int) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  border constant timestamptz := now() - greatest(keeps, interval '1 hour', kept_at_least());
  this_type text;
  n int := 0;
begin
  if not exists (select from keeping where unbroken_since <= border) then
    return 0;
  end if;
  loop
    select a.type into this_type from job_available a where a.type > coalesce(this_type, '') order by a.type limit 1;
    exit when not found or n >= most;
    if not exists (select from known_type k where k.type = this_type and k.known_at > border) then
      n := n + delete_orphans_of(this_type, border, most - n);
    end if;
  end loop;
  return n;
end
$$;

-- Those of one type. The first ten thousand are looked at: what waits behind them has its turn when these are gone.
create function delete_orphans_of(this_type text, border timestamptz, most int) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off
as $$
declare
  old bigint[];
  held_jobs bigint[];
  held_bundles uuid[];
  seqs bigint[];
  bundles uuid[];
begin
  old := array(
    select a.seq from (
      select c.* from job_available c where c.type = this_type order by c.solo, c.group_key, c.rank, c.seq limit 10000
    ) a
    cross join lateral (select * from job where job.seq = a.seq limit 1) j
    where greatest(j.created_at, j.start_at, (select max(t.ended_at) from job_attempt t where t.seq = a.seq)) <= border
    limit most);
  old := array(
    select a.seq from unnest(old) as o (seq)
    cross join lateral (select * from job where job.seq = o.seq limit 1) j
    join job_available a on a.type = j.type and a.solo in (false, true) and a.group_key = coalesce(j.group_key, '') and a.rank = ~j.priority and a.seq = o.seq
    order by a.seq for update of a skip locked);
  if old = '{}' then
    return 0;
  end if;
  -- Nobody may have to wait for a transaction that holds a key or a bundle: such a job stays until it is over.
  held_jobs := lock_keys(old);
  held_bundles := lock_bundles(array(select j.bundle_id from job j where j.seq = any (old) and j.bundle_id is not null));
  select coalesce(array_agg(j.seq), '{}'), array_agg(j.bundle_id) filter (where j.bundle_id is not null) into seqs, bundles
  from job j where j.seq = any (old) and j.seq <> all (held_jobs) and (j.bundle_id = any (held_bundles)) is not true;
  delete from job_available a where a.ctid = any (array(
    select c.ctid from job j join job_available c on c.type = j.type and c.solo in (false, true) and c.group_key = coalesce(j.group_key, '') and c.rank = ~j.priority and c.seq = j.seq
    where j.seq = any (seqs)));
  perform forget_jobs(seqs);
  if bundles is not null then
    perform count_members(bundles, array_fill(false, array[cardinality(bundles)]), 0, -1);
  end if;
  return cardinality(seqs);
end
$$;

-- Deletes up to a hundred schedules whose jobs are of types that no living worker has known for so long: their ticks would only
-- add orphans. One that was changed since then is none, nor one that is paused: nothing comes of it, and somebody meant it so.
create function delete_orphaned_schedules(keeps interval) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
  border constant timestamptz := now() - greatest(keeps, interval '1 hour', kept_at_least());
  n int;
begin
  if not exists (select from keeping where unbroken_since <= border) then
    return 0;
  end if;
  delete from schedule s using (
    select k.name, k.key from schedule k
    where k.updated_at <= border and k.paused_at is null
      and not exists (select from known_type t where t.type = k.template ->> 'type' and t.known_at > border)
    order by k.name, k.key limit 100 for update skip locked
  ) gone
  where s.name = gone.name and s.key = gone.key;
  get diagnostics n = row_count;
  return n;
end
$$;
