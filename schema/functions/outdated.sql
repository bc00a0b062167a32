-- How long everything is kept, whatever the retention: an id can only be recognised while its row exists, and an add whose
-- reply was lost is repeated for half a minute.
create function kept_at_least() returns interval language sql immutable
as $$
  select interval '1 minute'
$$;

-- Whether a stopped job was kept for long enough.
create function was_kept(outcome "char", stopped_at timestamptz, keeps_succeeded interval, keeps_failed interval) returns boolean language sql stable
as $$
  select stopped_at <= now() - case outcome when 's' then keeps_succeeded else keeps_failed end
$$;

-- The one place that says whether a stopped job may go: it was kept for long enough, and every named listener had what happened to it.
create function job_may_go(job_seq bigint, outcome "char", stopped_at timestamptz, keeps_succeeded interval, keeps_failed interval)
  returns boolean language plpgsql stable
  set search_path from current
as $$
begin
  return was_kept(outcome, stopped_at, keeps_succeeded, keeps_failed)
    and not is_awaited((select j.id from job j where j.seq = job_seq));
end
$$;

-- The same for a stopped bundle, which stays while jobs that its stop has added are unfinished.
create function bundle_may_go(b job_bundle, keeps_succeeded interval, keeps_failed interval) returns boolean language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return b.stopped_at <= now() - case b.num_failed when 0 then keeps_succeeded else keeps_failed end
    and not has_followers(b) and not bundle_is_awaited(b.id);
end
$$;

-- True while a job that the stop of this bundle added has not stopped.
create function has_followers(b job_bundle) returns boolean language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off
as $$
begin
  return exists (
    select from generate_series(1, b.epoch) as past (epoch)
    cross join generate_series(1, jsonb_array_length(b.when_stopped)) as template (place)
    cross join lateral (select job.seq from job where job.id = when_stopped_id(b.id, past.epoch, template.place) limit 1) j
    where not exists (select from job_stopped s where s.seq = j.seq));
end
$$;

-- Deletes some of what has been kept for longer than it shall be, and tells how many orphans were among it, jobs and schedules, and
-- whether to ask again at once. One process at a time does so; who comes second has nothing to do. `keeps_orphaned` null: orphans stay.
create function delete_outdated(keeps_succeeded interval, keeps_failed interval, keeps_orphaned interval)
  returns table (orphans int, orphaned_schedules int, more boolean) language plpgsql
  set search_path from current
as $$
declare
  most constant int := 500;
  succeeded constant interval := greatest(keeps_succeeded, kept_at_least());
  failed constant interval := greatest(keeps_failed, kept_at_least());
begin
  orphans := 0;
  orphaned_schedules := 0;
  more := false;
  if pg_try_advisory_xact_lock(hashtext('jobqueue delete_outdated ' || current_schema())) then
    if keeps_orphaned is not null then
      orphans := delete_orphans(keeps_orphaned, most);
      perform count_up('deleted', 'job', orphans);
    end if;
    more := sweep_jobs(succeeded, failed, most);
    more := sweep_bundles(succeeded, failed, most) or more or orphans = most;
    more := delete_successful_bundles(most) or more;
    if keeps_orphaned is not null and not more then
      orphaned_schedules := delete_orphaned_schedules(keeps_orphaned);
      more := orphaned_schedules = 100;
      perform count_up('deleted', 'schedule', orphaned_schedules);
    end if;
  end if;
  return next;
end
$$;

-- Goes on through the stopped jobs, in the order of their sequences, and deletes those of no bundle that may go. What was
-- created after the border cannot have stopped before it: there the walk ends. What was not kept for long enough is not asked for
-- again, which before PostgreSQL 17 is a way down the index for each. True: it is not at its end.
create function sweep_jobs(keeps_succeeded interval, keeps_failed interval, most int) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  border constant timestamptz := now() - least(keeps_succeeded, keeps_failed);
  here sweep;
  one record;
  seen int := 0;
  standalone bigint[] := '{}';
  gone int;
begin
  select * into here from sweep where what = 'j' for update;
  for one in
    select s.seq, s.outcome, s.stopped_at, j.bundle_id, j.created_at
    from job_stopped s left join lateral (select * from job where job.seq = s.seq limit 1) j on true
    where s.seq > here.seq order by s.seq limit most
  loop
    exit when one.created_at > border;
    seen := seen + 1;
    here.seq := one.seq;
    if one.bundle_id is null and was_kept(one.outcome, one.stopped_at, keeps_succeeded, keeps_failed) then
      standalone := standalone || one.seq;
    end if;
  end loop;
  gone := delete_stopped_jobs(standalone, keeps_succeeded, keeps_failed);
  here.passed := here.passed + seen - gone;
  perform count_up('deleted', 'job', gone);
  return go_on(here, seen = most);
end
$$;

-- Goes on through the stopped bundles, in the order of their stops, and deletes those that may go, each with its members.
create function sweep_bundles(keeps_succeeded interval, keeps_failed interval, most int) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  border constant timestamptz := now() - least(keeps_succeeded, keeps_failed);
  here sweep;
  b job_bundle;
  seen int := 0;
  gone int := 0;
  full_up boolean := false;
  went record;
  jobs_gone bigint := 0;
  bundles_gone bigint := 0;
begin
  select * into here from sweep where what = 'b' for update;
  if here.half_gone is not null then
    select * into went from delete_stopped_bundle(here.half_gone, here.stopped_at, most);
    full_up := went.verdict = 'halfGone';
    perform count_up('deleted', 'job', went.members);
    perform count_up('deleted', 'job_bundle', (went.verdict = 'gone')::int);
    here.half_gone := case when full_up then here.half_gone end;
    return go_on(here, true);
  end if;
  for b in
    select * from job_bundle k where k.stopped_at is not null and (k.stopped_at, k.id) > (here.stopped_at, here.id)
    order by k.stopped_at, k.id limit most
  loop
    exit when b.stopped_at > border;
    -- A bundle goes as a whole, with those before it or in the next call, or bit by bit if it is larger than a call.
    full_up := gone > 0 and gone + b.num_jobs > most;
    exit when full_up;
    seen := seen + 1;
    here.stopped_at := b.stopped_at;
    here.id := b.id;
    here.passed := here.passed + 1;
    if bundle_may_go(b, keeps_succeeded, keeps_failed) then
      select * into went from delete_stopped_bundle(b.id, b.stopped_at, most);
      jobs_gone := jobs_gone + went.members;
      case went.verdict
        when 'gone' then
          here.passed := here.passed - 1;
          bundles_gone := bundles_gone + 1;
          gone := gone + b.num_jobs;
        when 'halfGone' then
          here.half_gone := b.id;
          full_up := true;
        else null;
      end case;
    end if;
    exit when full_up;
  end loop;
  perform count_up('deleted', 'job', jobs_gone);
  perform count_up('deleted', 'job_bundle', bundles_gone);
  return go_on(here, full_up or seen = most);
end
$$;

-- Remembers how far a sweep has come. At its end it begins again from the front, for what was held by something when it came
-- past, or stopped behind it; and rests before for a minute, and for one more per ten thousand that it had passed in vain.
create function go_on(here sweep, further boolean) returns boolean language plpgsql
  set search_path from current
as $$
declare
  begins_anew constant boolean := not further and here.rests_until <= now();
begin
  if begins_anew then
    here.seq := 0;
    here.stopped_at := '-infinity';
    here.rests_until := now() + interval '1 minute' * (1 + here.passed / 10000);
    here.passed := 0;
  end if;
  update sweep w set seq = here.seq, stopped_at = here.stopped_at, id = here.id, passed = here.passed, rests_until = here.rests_until,
    half_gone = here.half_gone
  where w.what = here.what and w is distinct from here;
  return further or begins_anew;
end
$$;

-- Deletes those of these stopped jobs of no bundle that may go; how many it was. Whom somebody holds stays.
create function delete_stopped_jobs(seqs bigint[], keeps_succeeded interval, keeps_failed interval) returns int language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  gone bigint[];
begin
  gone := array(
    select s.seq from job_stopped s
    where s.seq = any (seqs) and job_may_go(s.seq, s.outcome, s.stopped_at, keeps_succeeded, keeps_failed)
    order by s.seq for update skip locked);
  delete from job_stopped s where s.seq = any (gone);
  perform forget_jobs(gone);
  return cardinality(gone);
end
$$;

-- Deletes a bundle that has stopped at `since`, with its members: 'gone'; 'halfGone', if it has more than `most`, of which these are gone,
-- and counted; 'held': somebody is at it or at a member, or it has begun anew since then, and perhaps stopped again, which is another stop
-- than was judged; and how many members are gone. The bundle is locked first, against the order of
-- locks, and no harm is done, since of its members only those are locked for whom nobody need be waited.
create function delete_stopped_bundle(bundle uuid, since timestamptz, most int, out verdict text, out members int) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  b job_bundle;
  seqs bigint[];
  failed boolean[];
begin
  members := 0;
  verdict := 'held';
  select * into b from job_bundle where id = bundle and stopped_at is not distinct from since for update skip locked;
  if b.id is null then
    return;
  end if;
  seqs := array(
    select s.seq from job j join job_stopped s on s.seq = j.seq where j.bundle_id = bundle
    order by j.seq limit most for update of s skip locked);
  if cardinality(seqs) < least(b.num_jobs, most) then
    return;
  end if;
  if b.num_jobs > 0 then
    with gone as (
      delete from job_stopped s where s.seq = any (seqs) returning s.outcome
    )
    select array_agg(g.outcome <> 's') into failed from gone g;
    perform forget_jobs(seqs);
    perform count_members(array_fill(bundle, array[cardinality(failed)]), failed, -1, -1);
  end if;
  delete from job_bundle where id = bundle and num_jobs = 0;
  verdict := case when found then 'gone' else 'halfGone' end;
  members := cardinality(seqs);
end
$$;

-- Deletes bundles that asked for it: stopped without an error, had by every named listener, followed up by their whenStopped jobs.
-- At most so many members go in one call; true: there may be more to do.
create function delete_successful_bundles(most int) returns boolean language plpgsql
  set search_path from current
as $$
declare
  b job_bundle;
  gone int := 0;
  went record;
  jobs_gone bigint := 0;
  bundles_gone bigint := 0;
begin
  for b in
    select * from job_bundle k
    where k.delete_on_success and k.stopped_at is not null and k.num_failed = 0 and k.stopped_at <= now() - kept_at_least()
      and not has_followers(k) and not bundle_is_awaited(k.id)
    order by k.stopped_at
  loop
    select * into went from delete_stopped_bundle(b.id, b.stopped_at, most);
    if went.verdict <> 'held' then
      gone := gone + greatest(b.num_jobs, 1);
      jobs_gone := jobs_gone + went.members;
      bundles_gone := bundles_gone + (went.verdict = 'gone')::int;
    end if;
    exit when gone >= most;
  end loop;
  perform count_up('deleted', 'job', jobs_gone);
  perform count_up('deleted', 'job_bundle', bundles_gone);
  return gone >= most;
end
$$;
