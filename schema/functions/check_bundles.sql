-- Do the counts of bundles agree with their members? A sample is looked at, of those that stopped since the last time: the newest
-- twenty, the small ones first, while they have no more than ten thousand members together. What disagrees is counted, each once. One
-- process at a time does so, and a bundle is read with its members in one statement, so that whatever is at it is before or after.
create function check_bundles(most int default 20, most_members int default 10000) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  here keeping;
  seen record;
begin
  select * into here from keeping for update skip locked;
  if not found then
    return;
  end if;
  with recent as materialized (
    select b.*, sum(b.num_jobs) over (order by b.num_jobs, b.id) as members
    from (
      select * from job_bundle k where k.stopped_at is not null and (k.stopped_at, k.id) > (here.checked_stop, here.checked_bundle)
      order by k.stopped_at desc, k.id desc limit most
    ) b
  ), wrong as (
    select from recent b cross join lateral (
      select count(*) as jobs, count(s.seq) as stopped, count(*) filter (where s.outcome <> 's') as failed
      -- One too many is enough to know.
      from (select j.seq from job j where j.bundle_id = b.id order by j.seq limit b.num_jobs + 1) j
      left join lateral (select k.seq, k.outcome from job_stopped k where k.seq = j.seq limit 1) s on true
    ) m
    where b.members <= most_members and (b.num_jobs, b.num_stopped, b.num_failed) is distinct from (m.jobs, m.stopped, m.failed)
  )
  select r.stopped_at, r.id, (select count(*) from wrong) as mismatches into seen
  from recent r order by r.stopped_at desc, r.id desc limit 1;
  if found then
    update keeping set checked_stop = seen.stopped_at, checked_bundle = seen.id;
    perform count_up('mismatched', '', seen.mismatches);
  end if;
end
$$;
