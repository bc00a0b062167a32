-- Notes the end of jobs that schedules have added, and wakes whoever looks where a schedule waits for it.
create function end_runs(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  awaited boolean;
begin
  with ended as (
    update schedule_run r set outcome = coalesce((select s.outcome from job_stopped s where s.seq = r.seq), 'x'), ended_at = clock_timestamp()
    where r.seq = any (seqs) and r.outcome is null returning r.name, r.key
  )
  select bool_or(s.waits) into awaited
  from ended e cross join lateral (select k.waits from schedule k where k.name = e.name and k.key = e.key limit 1) s;
  if awaited and exists (select from sleeper) then
    perform wake('due');
  end if;
end
$$;

-- A job of a schedule begins anew after it had stopped: it is another unfinished run.
create function reopen_run(j job) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  if j.schedule_name is not null then
    insert into schedule_run (seq, nth, name, key)
    select j.seq, coalesce(max(r.nth) + 1, 0), j.schedule_name, j.schedule_key from schedule_run r where r.seq = j.seq;
  end if;
end
$$;

-- Counts the runs that ended, and lets go on what waited for them. A schedule that somebody holds is counted the next time.
create function count_runs() returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  one record;
  ended record;
begin
  for one in
    select r.name, r.key from (select * from schedule_run k where k.outcome is not null order by k.ended_at limit 500) r
    group by r.name, r.key order by r.name, r.key
  loop
    perform from schedule s where s.name = one.name and s.key = one.key for update skip locked;
    continue when not found and exists (select from schedule s where s.name = one.name and s.key = one.key);
    -- What somebody holds is counted the next time: a schedule that is added anew forgets it, maybe in a caller's open transaction.
    with free as materialized (
      select r.seq, r.nth from schedule_run r where r.name = one.name and r.key = one.key and r.outcome is not null for update skip locked
    ), gone as materialized (
      delete from schedule_run r using free f where r.seq = f.seq and r.nth = f.nth returning r.outcome, r.ended_at
    ), good as (
      select count(*) as successes, max(g.ended_at) as at from gone g where g.outcome = 's'
    )
    select good.successes, good.at as success_at,
      (select max(g.ended_at) from gone g where g.outcome in ('f', 'd')) as failure_at,
      (select count(*) from gone g where g.outcome in ('f', 'd') and g.ended_at > coalesce(good.at, '-infinity')) as failures
    into ended from good;
    update schedule s set
      success_count = s.success_count + ended.successes,
      last_success_at = greatest(s.last_success_at, ended.success_at),
      last_failure_at = greatest(s.last_failure_at, ended.failure_at),
      consecutive_failures = case ended.successes when 0 then s.consecutive_failures else 0 end + ended.failures,
      waits = false,
      next_run_at = case when s.success_count + ended.successes >= s.max_runs then null else s.next_run_at end,
      plan_from = case when s.success_count + ended.successes >= s.max_runs then null else s.plan_from end
    where s.name = one.name and s.key = one.key;
  end loop;
end
$$;

-- Milliseconds until the earliest time of a schedule that a process with these rules can serve, not above 0 for one that is due; null: none.
create function next_tick_ms(its_rules text[]) returns double precision language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  if exists (select from schedule s where s.rule = any (its_rules) and s.plan_from is not null and s.paused_at is null) then
    return 0;
  end if;
  return (
    select extract(epoch from s.next_run_at - clock_timestamp()) * 1000 from schedule s
    where s.next_run_at is not null and s.paused_at is null and not s.waits and (s.rule is null or s.rule = any (its_rules))
    order by s.next_run_at limit 1);
end
$$;

-- The schedules whose time has come, or whose first time is to be found, with what is needed to say what follows from it. Read
-- without a lock: who says so names the revision and the time that were read. `room`: so many runs more may begin; null: no limit.
-- A page of `most`, those without a time first, then by their times; the next page begins after the last one of this. For those
-- without a time `after_at` is -infinity.
create function due_schedules(its_rules text[], most int, after_at timestamptz, after_name text, after_key text) returns table (name text, key text, revision int, cron text, time_zone text, every_ms double precision,
    rule text, misfire text, no_overlap boolean, planned text, plan_from text, now text, unfinished int, room int)
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
  with due as materialized (
    (select s.*, '-infinity'::timestamptz as at from schedule s
      where after_at = '-infinity' and s.rule = any (its_rules) and s.plan_from is not null and s.paused_at is null
        and (s.name, s.key) > (after_name collate "C", after_key collate "C")
      order by s.name, s.key limit most)
    union all
    (select s.*, s.next_run_at from schedule s
      where s.next_run_at <= now() and s.next_run_at >= after_at and (s.next_run_at, s.name, s.key) > (after_at, after_name collate "C", after_key collate "C")
        and s.plan_from is null and s.paused_at is null and not s.waits and (s.rule is null or s.rule = any (its_rules))
      order by s.next_run_at, s.name, s.key limit most)
    order by at, name, key limit most
  )
  select d.name, d.key, d.revision, d.cron, d.time_zone, d.every_ms, d.rule, d.misfire, d.no_overlap,
    moment(case when d.plan_from is null then d.next_run_at end), moment(d.plan_from), moment(now()), u.unfinished, d.max_runs - d.success_count - u.unfinished - u.successes
  from due d cross join lateral (
    -- A success that no process has counted yet is one all the same.
    select (count(*) filter (where r.outcome is null))::int as unfinished, (count(*) filter (where r.outcome = 's'))::int as successes
    from schedule_run r where r.name = d.name and r.key = d.key
  ) u
  order by d.at, d.name, d.key;
end
$$;

-- Moves schedules on: adds the jobs of their ticks and notes their next time, all of one schedule together, and only while it stands as
-- it was read. What somebody holds is left to the next look. How many were moved.
-- `plans`: [{name, key, revision, planned, next, waits, missed, ticks: [{at, id}]}]; `waits`: a run before must end first; `missed`: so
-- many ticks have passed that have no job.
create function run_ticks(plans jsonb) returns int language plpgsql
  set search_path from current set lock_timeout = '250ms' set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  p record;
  tick record;
  s schedule;
  moved int := 0;
begin
  for p in
    select * from jsonb_to_recordset(plans) as x (name text, key text, revision int, planned timestamptz, next timestamptz, waits boolean, missed int, ticks jsonb)
    order by x.name, x.key
  loop
    begin
      select * into s from schedule k
      where k.name = p.name and k.key = p.key and k.revision = p.revision and k.paused_at is null and not k.waits
        and case when k.plan_from is null then k.next_run_at = p.planned else p.planned is null end
      for update skip locked;
      continue when not found;
      if p.waits then
        -- Asked again under the lock: what has ended since was counted before, and would wake nobody.
        update schedule k set waits = exists (select from schedule_run r where r.name = s.name and r.key = s.key)
        where k.name = s.name and k.key = s.key;
      else
        for tick in select t.at, t.id from jsonb_to_recordset(p.ticks) as t (at timestamptz, id uuid) order by t.at loop
          perform add_tick(s, tick.at, tick.id);
        end loop;
        update schedule k set next_run_at = p.next, plan_from = null where k.name = s.name and k.key = s.key;
        perform count_up('missed', s.name, p.missed);
      end if;
      moved := moved + 1;
    exception when lock_not_available then
      null; -- a caller's open transaction has the unique key of its jobs
    end;
  end loop;
  return moved;
end
$$;

-- Adds the job of one tick; none where there was one, or where an unfinished job holds its unique key.
create function add_tick(s schedule, at timestamptz, job_id uuid) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  t constant jsonb := s.template;
  job_seq constant bigint := nextval('job_seq_seq');
  j job;
begin
  if hold_key(job_id, t ->> 'unique_key', job_seq) is not null then
    return;
  end if;
  insert into job (seq, id, type, payload, priority, origin, max_retry_count, max_timeout_retry_count, timeout_ms, unique_key, group_key, start_at,
    schedule_name, schedule_key, tick, payload_version)
  values (job_seq, job_id, t ->> 'type', t -> 'payload', coalesce((t ->> 'priority')::int, 0), t ->> 'origin', (t ->> 'max_retry_count')::int,
    (t ->> 'max_timeout_retry_count')::int, (t ->> 'timeout_ms')::bigint, t ->> 'unique_key', t ->> 'group_key', at, s.name, s.key, at,
    (t ->> 'payload_version')::int)
  on conflict do nothing
  returning * into j;
  if j.seq is null then
    delete from job_key k where k.key = t ->> 'unique_key' and k.seq = job_seq;
    return;
  end if;
  insert into schedule_run (seq, name, key) values (j.seq, s.name, s.key);
  insert into job_available (seq, type, group_key, rank, keyed) values (j.seq, j.type, coalesce(j.group_key, ''), ~j.priority, true);
  update schedule k set last_run_at = at, last_job_id = j.id where k.name = s.name and k.key = s.key;
  perform tell_change(j, null, 'available');
end
$$;
