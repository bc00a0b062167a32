-- What waits, works and lags, for metrics: to one process at a time, whose id is remembered, so that it goes on being the one while it
-- asks every so often, once in a minute at least; null to all others. Nobody waits for it.
--
-- It costs the same however much waits: what waits of a type is counted up to ten thousand, as read_types does, what is planned by the
-- ten thousand that are due first, bundles by the ten thousand oldest that have not stopped, and what failed or died by the last
-- `most_stopped`, each of which is looked up by its job. What cannot be counted any more was counted as it happened (tally).
create function sample(its_id uuid, every interval, most int default 10000, most_stopped int default 1000) returns jsonb language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  counts jsonb;
  oldest jsonb;
  planned int;
  seen jsonb := '{}';
  open_bundles jsonb;
begin
  update sampling s set sampler = its_id, sampled_at = now()
  where s.only_row in (
    select k.only_row from sampling k where k.sampler = its_id or k.sampled_at < now() - greatest(2 * every, interval '90 s') for no key update skip locked);
  if not found then
    return null;
  end if;

  select coalesce(jsonb_agg(jsonb_build_array(t.type, 'available', t.waiting) order by t.type) filter (where t.waiting > 0), '[]')
      || coalesce(jsonb_agg(jsonb_build_array(t.type, 'running', t.running) order by t.type) filter (where t.running > 0), '[]'),
    coalesce(jsonb_agg(jsonb_build_array(t.type, greatest(t.oldest_ms, 0)) order by t.type), '[]'),
    jsonb_build_object('available', coalesce(bool_or(t.waiting >= most), false))
  into counts, oldest, seen
  from read_types(most) t;

  select counts || coalesce(jsonb_agg(jsonb_build_array(c.type, c.state, c.jobs) order by c.type, c.state), '[]'), coalesce(sum(c.jobs), 0)
  into counts, planned
  from (
    select s.type, case when s.retrying then 'retrying' else 'scheduled' end as state, count(*) as jobs
    from (select k.type, k.retrying from job_scheduled k order by k.start_at limit most) s group by 1, 2
  ) c;
  seen := seen || jsonb_build_object('scheduled', planned = most, 'retrying', planned = most);

  select counts || coalesce(jsonb_agg(jsonb_build_array(c.type, c.state, c.jobs) order by c.type, c.state), '[]'),
    seen || jsonb_build_object('failed', coalesce(sum(c.jobs) filter (where c.state = 'failed'), 0) = most_stopped,
      'dead', coalesce(sum(c.jobs) filter (where c.state = 'dead'), 0) = most_stopped)
  into counts, seen
  from (
    select j.type, w.state, count(*) as jobs
    from (values ('f'::"char", 'failed'), ('d', 'dead')) as w (outcome, state)
    cross join lateral (select k.seq from job_stopped k where k.outcome = w.outcome and k.outcome <> 's' order by k.seq desc limit most_stopped) s
    cross join lateral (select job.type from job where job.seq = s.seq limit 1) j
    group by 1, 2
  ) c;

  select coalesce(jsonb_agg(jsonb_build_array(c.type, c.has_error, c.bundles) order by c.type, c.has_error), '[]'),
    seen || jsonb_build_object('bundles', coalesce(sum(c.bundles), 0) = most)
  into open_bundles, seen
  from (
    select b.type, b.num_failed > 0 as has_error, count(*) as bundles
    from (select k.type, k.num_failed from job_bundle k where k.stopped_at is null order by k.id limit most) b group by 1, 2
  ) c;

  return jsonb_build_object('jobs', counts, 'capped', seen, 'oldest', oldest, 'bundles', open_bundles,
    'tallies', (
      select coalesce(jsonb_agg(jsonb_build_array(t.what, t.name, t.times) order by t.what, t.name), '[]')
      from (select * from tally k order by k.what, k.name limit 1000) t),
    'workers', (
      select jsonb_build_object('alive', count(*) filter (where is_alive(w.id)), 'silent', count(*) filter (where w.stopped_at is null and not is_alive(w.id)),
        'stopped', count(*) filter (where w.stopped_at is not null))
      from worker w),
    'beats', (
      select coalesce(jsonb_agg(jsonb_build_array(w.id, extract(epoch from now() - w.worker_alive_at) * 1000)), '[]')
      from worker w where w.stopped_at is null and w.worker_alive_at is not null),
    'schedules', (
      select coalesce(jsonb_agg(jsonb_build_array(l.name, l.ms) order by l.name), '[]')
      from (
        select d.name, max(extract(epoch from now() - d.next_run_at) * 1000) as ms
        from (
          select s.name, s.next_run_at from schedule s
          where s.next_run_at is not null and s.paused_at is null and not s.waits and s.next_run_at <= now() order by s.next_run_at limit 1000
        ) d
        group by d.name
      ) l),
    'tables', (
      select coalesce(jsonb_agg(jsonb_build_array(t.name, t.dead::double precision / (t.live + t.dead)) order by t.name), '[]')
      from (
        select c.relname as name, pg_stat_get_live_tuples(c.oid) as live, pg_stat_get_dead_tuples(c.oid) as dead
        from pg_class c where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = current_schema()) and c.relkind = 'r'
      ) t
      where t.live + t.dead > 0));
end
$$;
