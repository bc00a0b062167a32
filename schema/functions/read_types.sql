-- The types of which a job is available or runs, those that living workers handle, and those that are paused or limited; planned jobs and retries stand in no order of
-- types, and are not looked at.
--
-- The claim's index is read by hops from one (type, solo, group, rank) to the next, as oldest_waiting_ms does. What waits of a type is counted
-- up to `most`; more are an estimate by the planner's statistics, and never fewer than these.
create function read_types(most int default 10000)
  returns table (type text, waiting bigint, running bigint, oldest_ms double precision, workers bigint, paused_at text, concurrency int, rate_count int,
    rate_ms double precision, per_group boolean) language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
  with recursive head as (
    (select a.type, a.solo, a.group_key, a.rank, a.seq from job_available a order by a.type, a.solo, a.group_key, a.rank, a.seq limit 1)
    union all
    select following.* from head h cross join lateral (
      select a.type, a.solo, a.group_key, a.rank, a.seq from job_available a
      where (a.type, a.solo, a.group_key, a.rank) > (h.type, h.solo, h.group_key, h.rank) order by a.type, a.solo, a.group_key, a.rank, a.seq limit 1
    ) following
  ), oldest as (
    select h.type, extract(epoch from now() - min(greatest(j.created_at, j.start_at, k.ended_at)))::double precision * 1000 as ms
    from head h
    cross join lateral (select * from job where job.seq = h.seq limit 1) j
    left join lateral (select max(t.ended_at) as ended_at from job_attempt t where t.seq = h.seq) k on true
    group by h.type
  ), estimated as (
    select f.type, (f.share * c.reltuples)::bigint as jobs
    from pg_class c
    cross join pg_stats s
    cross join unnest(s.most_common_vals::text::text[], s.most_common_freqs) as f (type, share)
    where c.oid = 'job_available'::regclass and s.schemaname = current_schema() and s.tablename = 'job_available' and s.attname = 'type'
  ), in_hand as (
    select j.type, count(*) as jobs from job_running r cross join lateral (select * from job where job.seq = r.seq limit 1) j group by j.type
  ), known as (
    select t.type, count(*) as workers from worker w cross join unnest(w.job_types) as t (type) where is_alive(w.id) group by t.type
  ), named as (
    select o.type from oldest o union select h.type from in_hand h union select n.type from known n
    union select l.type from type_limit l where num_nonnulls(l.paused_at, l.concurrency, l.rate_count) > 0
  )
  select n.type,
    case when w.jobs < most then w.jobs else greatest(w.jobs, (select e.jobs from estimated e where e.type = n.type)) end,
    coalesce((select h.jobs from in_hand h where h.type = n.type), 0),
    coalesce((select o.ms from oldest o where o.type = n.type), 0),
    coalesce((select k.workers from known k where k.type = n.type), 0), moment(l.paused_at), l.concurrency::int, l.rate_count::int, l.rate_ms::double precision,
    coalesce(l.per_group, false)
  from named n
  left join lateral (select * from type_limit k where k.type = n.type limit 1) l on true
  cross join lateral (
    select count(*) as jobs from (
      select from job_available a where a.type = n.type order by a.type, a.solo, a.group_key, a.rank, a.seq limit most
    ) counted
  ) w
  order by n.type collate "C";
end
$$;
