-- Cancels the members of a bundle that have not stopped, in the order of their sequences; no row: no such bundle.
create function cancel_bundle(bundle uuid) returns table (cancelled int, requested int) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  seqs constant bigint[] := array(
    select j.seq from job j where j.bundle_id = bundle and not exists (select from job_stopped s where s.seq = j.seq));
  member record;
begin
  if not exists (select from job_bundle where id = bundle) then
    return;
  end if;
  perform hold_places(seqs);
  perform hold_keys_of(seqs);
  perform hold_bundles_of(seqs);
  cancelled := 0;
  requested := 0;
  for member in
    select j.id from job j where j.seq = any (seqs) order by j.seq
  loop
    case cancel_job(member.id)
      when 'cancelled' then cancelled := cancelled + 1;
      when 'requested' then requested := requested + 1;
      else null;
    end case;
  end loop;
  return next;
end
$$;

-- Resets many jobs, in the order of their sequences. -1: one of them runs, and none was reset.
create function reset_jobs(ids jsonb, cancels boolean) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  seqs constant bigint[] := array(select j.seq from job j where j.id in (select value::uuid from jsonb_array_elements_text(ids)));
  one record;
  n int := 0;
begin
  -- Held by this, none begins or ends between the check and the reset.
  perform hold_places(seqs);
  if not cancels and exists (select from job_running r where r.seq = any (seqs)) then
    return -1;
  end if;
  perform take_keys_again(seqs);
  perform hold_bundles_of(seqs);
  for one in select j.id from job j where j.seq = any (seqs) order by j.seq loop
    if reset_job(one.id, cancels) in ('reset', 'requested') then
      n := n + 1;
    end if;
  end loop;
  return n;
end
$$;

-- Deletes up to `most` standalone jobs that succeeded so long ago; how many it was. Each is locked as it is chosen: one that somebody
-- begins anew meanwhile would be deleted where it stands by then.
create function delete_finished_jobs(older_than interval, most int) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  one record;
  n int := 0;
begin
  for one in
    select j.id from job_stopped s join job j using (seq)
    where s.outcome = 's' and s.stopped_at <= now() - older_than and j.bundle_id is null and not is_awaited(j.id) order by s.seq limit most
    for update of s
  loop
    n := n + delete_job(one.id)::int;
  end loop;
  return n;
end
$$;

-- Deletes up to `most` jobs of an origin or a type, wherever they stand; how many it was.
create function delete_jobs_of(its_origin text, its_type text, most int) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  seqs constant bigint[] := array(
    select j.seq from job j where (j.origin = its_origin or its_origin is null) and (j.type = its_type or its_type is null) order by j.seq limit most);
  one record;
  n int := 0;
begin
  perform hold_places(seqs);
  perform hold_keys_of(seqs);
  perform hold_bundles_of(seqs);
  for one in select j.id from job j where j.seq = any (seqs) order by j.seq loop
    n := n + delete_job(one.id)::int;
  end loop;
  return n;
end
$$;

-- The same for bundles, each with its members.
create function delete_bundles_of(its_origin text, its_type text, most int) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  bundles constant uuid[] := array(
    select b.id from job_bundle b where (b.origin = its_origin or its_origin is null) and (b.type = its_type or its_type is null) order by b.id limit most);
begin
  return delete_bundles(bundles);
end
$$;

-- Deletes these bundles, in this order, which is that of their ids; how many it was.
create function delete_bundles(bundles uuid[]) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  seqs constant bigint[] := array(select j.seq from job j where j.bundle_id = any (bundles));
  bundle uuid;
  n int := 0;
begin
  perform hold_places(seqs);
  perform hold_keys_of(seqs);
  foreach bundle in array bundles loop
    n := n + delete_bundle(bundle)::int;
  end loop;
  return n;
end
$$;
