-- Milliseconds that the oldest available job has waited; 0 if none waits.
--
-- The claim's index is read by hops from one (type, solo, group, rank) to the next (a loose index scan), so that the cost follows the
-- number of types, groups and priorities and not the backlog. Within one of them the first sequence is the oldest.
create function oldest_waiting_ms() returns double precision language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return coalesce((
    with recursive head as (
      (select a.type, a.solo, a.group_key, a.rank, a.seq from job_available a order by a.type, a.solo, a.group_key, a.rank, a.seq limit 1)
      union all
      select following.* from head h cross join lateral (
        select a.type, a.solo, a.group_key, a.rank, a.seq from job_available a
        where (a.type, a.solo, a.group_key, a.rank) > (h.type, h.solo, h.group_key, h.rank)
        order by a.type, a.solo, a.group_key, a.rank, a.seq limit 1
      ) following
    )
    select extract(epoch from now() - min(greatest(j.created_at, j.start_at, k.ended_at))) * 1000
    from head h
    cross join lateral (select * from job where job.seq = h.seq limit 1) j
    left join lateral (select max(t.ended_at) as ended_at from job_attempt t where t.seq = h.seq) k on true
  ), 0);
end
$$;
