-- What the short way has left for the other one, and members of which bundles are still to be counted, one entry for each; null: none.
create type settled_shortly as (odd bigint[], to_count uuid[]);

-- Settles attempts that succeeded, as nearly all do: the short way, which reads nothing but their own rows and asks for nothing
-- that they have no use for. What is not as it should be is left, and answered, for settle_attempts to judge.
--
-- The arrays `seqs`, `attempts`, `results` and `ran_ms` belong together and are in the order of `seqs`, so that a row finds its place
-- among them by halves, and all rows are found in one walk; what is out of order is left. `ran_ms` is for attempts that were claimed ahead, whose
-- beginning was not told. `bundles` and `keyed` name the bundles of these jobs, and those that hold a unique key or belong to a
-- schedule, as their claims told. Keys and bundles are locked first, since what somebody else holds must not be begun; then rows
-- without waiting, so that this order meets no other. For step alone, whose settings pin these plans.
--
-- Bundles that are far from their end are what many settle at once. Where a step settles many, they are left for its end, unless they shall
-- come first, so that nobody waits for longer than a commit; what is `to_count` then is answered. A small step is hardly longer than its
-- commit: it waits before it claims, since what is claimed and waits is in the way of others.
create function settle_succeeded(its_id uuid, seqs bigint[], attempts int[], results jsonb[], ran_ms double precision[], bundles uuid[],
  keyed bigint[], heard text, bundles_first boolean) returns settled_shortly language plpgsql
as $$
declare
  settled settled_shortly;
  keys_held bigint[];
  bundles_held uuid[];
  ended bigint[];
  ended_attempts int[];
  members uuid[];
begin
  if keyed is not null then
    keys_held := array(select unnest(keyed) except select unnest(lock_keys(keyed)));
  end if;
  if bundles is not null then
    bundles_first := bundles_first or cardinality(seqs) < 100
      or exists (select from job_bundle b where b.id = any (bundles) and b.num_jobs - b.num_stopped < 1000);
    bundles_held := bundles;
  end if;
  if bundles is not null and bundles_first then
    bundles_held := array(select b.id from job_bundle b where b.id = any (bundles) order by b.id for no key update skip locked);
    if cardinality(bundles_held) < cardinality(bundles) then
      bundles_held := array(select unnest(bundles) except select unnest(lock_bundles(bundles)));
    end if;
  end if;

  with held as materialized (
    select r.*, results[r.place] as result,
      case when r.ahead is null or ran_ms[r.place] is null then r.started_at else greatest(r.started_at, now() - ran_ms[r.place] * interval '1 ms') end as began_at
    from (
      select g.*, width_bucket(g.seq, seqs) as place from job_running g
      where g.seq = any (seqs)
        and case when seqs[width_bucket(g.seq, seqs)] = g.seq and attempts[width_bucket(g.seq, seqs)] = g.attempt then g.worker_id = its_id and not g.reset_requested
          and (g.bundle_id is null or g.bundle_id = any (bundles_held)) and (not g.keyed or g.seq = any (keys_held)) else false end
      for update skip locked
    ) r
  ), moved as (
    delete from job_running where seq = any (array(select h.seq from held h))
  ), stopped as (
    insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, worker_id, started_at, stopped_at, cancel_requested_at, result, progress)
    select h.seq, 's', h.attempt, h.retries, h.timeout_retries, h.crashes, h.worker_id, h.began_at, now(), h.cancel_requested_at,
      h.result, h.progress
    from held h
  )
  select array_agg(h.seq), array_agg(h.attempt), array_agg(h.bundle_id) filter (where h.bundle_id is not null)
  into ended, ended_attempts, members from held h;

  if ended is null then
    settled.odd := seqs;
    return settled;
  end if;
  if keys_held is not null then
    perform free_keys(array(select unnest(keys_held) intersect select unnest(ended)));
  end if;
  if heard <> '' then
    perform tell_succeeded(ended, ended_attempts, heard);
  end if;
  if members is not null and bundles_first then
    perform count_members(members, array_fill(false, array[cardinality(members)]), 1, 0);
  else
    settled.to_count := members;
  end if;
  if cardinality(ended) < cardinality(seqs) then
    settled.odd := array(select unnest(seqs) except select unnest(ended));
  end if;
  return settled;
end
$$;
