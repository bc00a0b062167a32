-- The one place where a bundle's counts change. `ids` has one entry for each member that moved, `failed` says whether that
-- member counts as failed; `stops` is 1 for members that came to a stop, -1 for members that left it, 0 for neither, and
-- `joins` 1 for members that were added, -1 for members that were deleted, 0 for neither; where many join one bundle, one entry may
-- stand for them all, and `joins` is their number.
--
-- Bundles are locked in the order of their ids. The call that brings a sealed bundle to its end stops it: epoch + 1, its
-- whenStopped jobs and its one event, all in this transaction. One after the other: nearly always it is one.
create function count_members(ids uuid[], failed boolean[], stops int, joins int) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  moved record;
  b job_bundle;
  ended uuid[];
begin
  for moved in
    select m.id, count(*)::int as members, (count(*) filter (where m.failed))::int as failed
    from unnest(ids, failed) as m (id, failed) group by m.id order by m.id
  loop
    select * into b from job_bundle where id = moved.id for no key update;
    continue when not found;
    b.num_jobs := b.num_jobs + moved.members * joins;
    b.num_stopped := b.num_stopped + moved.members * stops;
    b.num_failed := b.num_failed + moved.failed * stops;
    if b.num_failed < 0 or b.num_failed > b.num_stopped or b.num_stopped > b.num_jobs then
      raise exception using errcode = 'check_violation',
        message = format('bundle %s cannot count %s stopped of %s jobs, %s of them failed', b.id, b.num_stopped, b.num_jobs, b.num_failed);
    end if;
    if not (b.sealed and b.num_stopped = b.num_jobs) then
      b.stopped_at := null;
    elsif b.stopped_at is null then
      b.stopped_at := now();
      b.epoch := b.epoch + 1;
      ended := ended || b.id;
    end if;
    update job_bundle set
      num_jobs = b.num_jobs, num_stopped = b.num_stopped, num_failed = b.num_failed,
      epoch = b.epoch, stopped_at = b.stopped_at, updated_at = now()
    where id = b.id;
  end loop;
  if ended is not null then
    perform tell_bundle_stopped(e.id) from unnest(ended) as e (id);
  end if;
end
$$;

-- The same for members that succeeded, whose bundles nobody has locked before, at the end of a step: what somebody holds for long fails it.
create function count_succeeded(members uuid[]) returns void language plpgsql
  set search_path from current set lock_timeout = '250ms'
as $$
begin
  perform count_members(members, array_fill(false, array[cardinality(members)]), 1, 0);
end
$$;

-- What belongs to the stop of a bundle, which must be locked and stopped by the caller's transaction.
create function tell_bundle_stopped(bundle uuid) returns void language plpgsql
  set search_path from current
as $$
declare
  b job_bundle;
begin
  select * into strict b from job_bundle where id = bundle;
  if b.when_stopped is not null then
    perform store_plain_jobs(jsonb_agg(t.job || jsonb_build_object('id', when_stopped_id(b.id, b.epoch, t.place)) order by t.place),
      after_bundle => b.id)
    from jsonb_array_elements(b.when_stopped) with ordinality as t (job, place);
  end if;
  if heard_kinds() like '%b%' then
    insert into event (kind, origin, bundle_id, bundle_type, epoch, has_error) values ('b', b.origin, b.id, b.type, b.epoch, b.num_failed > 0);
    perform wake('event');
  end if;
end
$$;

-- Ids of whenStopped jobs derive from bundle, epoch and place (version 8 of RFC 9562), so that no epoch can add its jobs twice.
create function when_stopped_id(bundle uuid, epoch int, place bigint) returns uuid language sql immutable
  set search_path from current
as $$
  select overlay(overlay(md5(format('%s/%s/%s', bundle, epoch, place)) placing '8' from 13) placing '8' from 17)::uuid
$$;
