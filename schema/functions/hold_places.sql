-- For commands on many jobs, which take what they are going to change in the one order of locks before they change anything: the
-- places in the order of sequences, then the unique keys in theirs, and at last the bundles by id. One that went from job to job
-- would hold the bundle of the first while it waits for the place of the second, whose holder waits for the bundle.
create function hold_places(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  j job;
begin
  for j in select * from job k where k.seq = any (seqs) order by k.seq loop
    perform hold_place(j);
  end loop;
end
$$;

-- The keys that jobs hold, for those who end these jobs.
create function hold_keys_of(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  perform from job_key k
  where k.key = any (array(select j.unique_key from job j where j.seq = any (seqs) and j.unique_key is not null)) and k.seq = any (seqs)
  order by k.key for update;
end
$$;

-- The keys of jobs that have stopped, for those who begin them anew. Where another job holds one, it stays so.
create function take_keys_again(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into job_key (key, seq)
  select j.unique_key, j.seq from job j join job_stopped s on s.seq = j.seq
  where j.seq = any (seqs) and j.unique_key is not null order by j.unique_key, j.seq
  on conflict (key) do nothing;
end
$$;

-- The bundles of jobs, for those who count them.
create function hold_bundles_of(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  perform from job_bundle b
  where b.id = any (array(select j.bundle_id from job j where j.seq = any (seqs) and j.bundle_id is not null)) order by b.id for no key update;
end
$$;

-- Takes the place of one job, wherever it stands when its turn comes.
create function hold_place(j job) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  for round in 1 .. 1000 loop
    perform from job_available a where a.type = j.type and a.solo in (false, true) and a.group_key = coalesce(j.group_key, '') and a.rank = ~j.priority and a.seq = j.seq for update;
    exit when found;
    perform from job_scheduled s where s.seq = j.seq for update;
    exit when found;
    perform from job_running r where r.seq = j.seq for update;
    exit when found;
    perform from job_stopped s where s.seq = j.seq for update;
    exit when found or not exists (select from job where seq = j.seq);
  end loop;
end
$$;
