-- Counts what stopped in whole minutes that are over, and forgets what is older than statistics are kept. A minute is over when
-- nobody works any more in a transaction that began in it: a job stops at the moment at which its transaction began. PostgreSQL shows
-- that to the owner of a session and to pg_read_all_stats; the transactions of others are given `patience`.
create function fold_minutes(patience interval default '5 minutes') returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  since timestamptz;
  until timestamptz;
begin
  delete from stat_minute m where m.minute < now() - interval '90 days';
  -- Held by somebody: another process counts, or somebody deletes what stopped since. The next time is in a minute.
  select f.folded_until into since from folding f for update skip locked;
  until := date_bin('1 minute', least(now() - patience, (
    select min(a.xact_start) from pg_stat_get_activity(null) a
    where a.datid = (select d.oid from pg_database d where d.datname = current_database()) and a.pid <> pg_backend_pid()
      and a.backend_type <> 'autovacuum worker')), timestamptz '2000-01-01 00:00:00+00');
  if since < until then
    perform fold_stopped(since, until);
    update folding set folded_until = until;
  end if;
end
$$;

-- What stopped since the last minute that was counted, in the form of stat_minute. For the view, which could not pin its plan.
create function unfolded_minutes() returns setof stat_minute language plpgsql stable
  set search_path from current
as $$
begin
  return query select * from minutes_of_stopped((select f.folded_until from folding f), 'infinity');
end
$$;

-- Puts down what stopped in these minutes, together with what was counted when it was deleted: one row of each kind is left of a minute.
create function fold_stopped(since timestamptz, until timestamptz) returns void language plpgsql
  set search_path from current
as $$
begin
  with counted as (
    delete from stat_minute m where m.minute >= since and m.minute < until returning m.*
  )
  insert into stat_minute (minute, type, outcome, jobs, ran_ms)
  select c.minute, c.type, c.outcome, sum(c.jobs)::bigint, sum(c.ran_ms)
  from (select * from counted union all select * from minutes_of_stopped(since, until)) c
  group by c.minute, c.type, c.outcome;
end
$$;

-- What stopped in these minutes, by the index that tells which pages have them.
create function minutes_of_stopped(since timestamptz, until timestamptz) returns setof stat_minute language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off
as $$
begin
  return query
  select s.minute, j.type::text, s.outcome::"char", count(*), coalesce(sum(extract(epoch from s.stopped_at - s.started_at)) * 1000, 0)::double precision
  from (
    select k.*, date_bin('1 minute', k.stopped_at, timestamptz '2000-01-01 00:00:00+00') as minute from job_stopped k
    where date_bin('1 minute', k.stopped_at, timestamptz '2000-01-01 00:00:00+00') >= since
      and date_bin('1 minute', k.stopped_at, timestamptz '2000-01-01 00:00:00+00') < until
  ) s
  cross join lateral (select job.type from job where job.seq = s.seq limit 1) j
  group by s.minute, j.type, s.outcome;
end
$$;

-- What is deleted, or begins anew, before it was counted is counted now. `folded_until` only grows: where all was counted, nobody
-- need ask who is counting.
create function fold_gone() returns trigger language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off
as $$
declare
  since timestamptz;
begin
  select f.folded_until into since from folding f;
  if exists (select from gone g where date_bin('1 minute', g.stopped_at, timestamptz '2000-01-01 00:00:00+00') >= since) then
    select f.folded_until into since from folding f for share;
    insert into stat_minute (minute, type, outcome, jobs, ran_ms)
    select g.minute, j.type, g.outcome, count(*), coalesce(sum(extract(epoch from g.stopped_at - g.started_at)) * 1000, 0)
    from (select k.*, date_bin('1 minute', k.stopped_at, timestamptz '2000-01-01 00:00:00+00') as minute from gone k) g
    cross join lateral (select job.type from job where job.seq = g.seq limit 1) j
    where g.minute >= since
    group by g.minute, j.type, g.outcome;
  end if;
  return null;
end
$$;

create trigger fold_gone after delete on job_stopped referencing old table as gone for each statement execute function fold_gone();
