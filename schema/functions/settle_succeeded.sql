-- Settles attempts that succeeded, as nearly all do: the short way, which reads nothing but their own rows and asks for nothing
-- that they have no use for. What is not as it should be is left, and answered, for settle_attempts to judge.
--
-- `results` holds what was returned, by sequence, and `bundles` and `keyed` name the bundles of these jobs and those that have a
-- unique key, as their claims told. Keys and bundles are locked first, since what somebody else holds must not be begun; then
-- rows without waiting, so that this order meets no other. For step alone, whose settings pin these plans.
create function settle_succeeded(its_id uuid, seqs bigint[], attempts int[], results jsonb, bundles uuid[], keyed bigint[], heard text)
  returns bigint[] language plpgsql
as $$
declare
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
    bundles_held := array(select unnest(bundles) except select unnest(lock_bundles(bundles)));
  end if;

  with ended as (
    delete from job_running g where g.seq = any (array(
      select k.seq from unnest(seqs, attempts) as u (seq, attempt)
      cross join lateral (
        select r.seq from job_running r
        where r.seq = u.seq and case when r.attempt = u.attempt then r.worker_id = its_id and not r.reset_requested
            and (r.bundle_id is null or r.bundle_id = any (bundles_held)) and (not r.keyed or r.seq = any (keys_held)) else false end
        limit 1 for update skip locked
      ) k))
    returning g.*
  ), stopped as (
    insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, worker_id, started_at, stopped_at, cancel_requested_at, result, progress)
    select e.seq, 's', e.attempt, e.retries, e.timeout_retries, e.crashes, e.worker_id, e.started_at, now(), e.cancel_requested_at,
      results -> e.seq::text, e.progress
    from ended e
  )
  select array_agg(e.seq), array_agg(e.attempt), array_agg(e.bundle_id) filter (where e.bundle_id is not null)
  into ended, ended_attempts, members from ended e;

  if ended is null then
    return seqs;
  end if;
  if keys_held is not null then
    perform free_keys(array(select unnest(keys_held) intersect select unnest(ended)));
  end if;
  if heard <> '' then
    perform tell_succeeded(ended, ended_attempts, heard);
  end if;
  if members is not null then
    perform count_members(members, array_fill(false, array[cardinality(members)]), 1, 0);
  end if;
  if cardinality(ended) = cardinality(seqs) then
    return null;
  end if;
  return array(select unnest(seqs) except select unnest(ended));
end
$$;
