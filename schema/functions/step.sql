-- Begins attempts that were claimed ahead. `begins`: [{seq, attempt, ago_ms, timeout_ms}]. Its worker may begin it as soon as this
-- is answered, or has begun it so long ago; its time runs from then, and a crash counts. Without `ago_ms` it is claimed ahead
-- again, since no thread became free: it surely has not begun. Answers 'lost', and 'busy' for what somebody's transaction holds.
create function begin_attempts(its_id uuid, begins jsonb) returns table (seq bigint, attempt int, verdict text) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
#variable_conflict use_column
begin
  return query
  with asked as materialized (
    select u.* from jsonb_to_recordset(begins) as u (seq bigint, attempt int, ago_ms double precision, timeout_ms bigint)
  ), held as materialized (
    select u.seq, u.timeout_ms, greatest(r.started_at, now() - u.ago_ms * interval '1 ms') as began_at, u.ago_ms is null as waits
    from asked u
    cross join lateral (
      select g.seq, g.started_at from job_running g
      where g.seq = u.seq and case when g.attempt = u.attempt then g.worker_id = its_id else false end
      limit 1 for no key update skip locked
    ) r
  ), begun as (
    -- Not joined: from statistics of a moment when nothing ran, a walk over all that ran since would seem cheaper than ten probes.
    update job_running g
    set (prefetched, started_at, deadline) = (
      select h.waits, h.began_at, case when not h.waits then h.began_at + nullif(h.timeout_ms, 0) * interval '1 ms' end
      from held h where h.seq = g.seq)
    where g.seq = any (array(select h.seq from held h))
  )
  select u.seq, u.attempt,
    case verdict_of(u.seq, u.attempt, its_id, 'r') when 'busy' then 'busy' else 'lost' end
  from asked u where not exists (select from held h where h.seq = u.seq);
end
$$;

-- The pump's round trip: settles what ended and claims what fits, in one commit. The answer is one list of rows: what was
-- claimed ('claimed'), what did not settle ('busy', 'lost'), when the first retry is due ('due', by next_due_ms), and 'silent'
-- where this worker has not beaten for too long and gets nothing.
--
-- An idle worker, which runs nothing else, first takes one job that must run alone.
--
-- A worker that claims ahead says how many of what it claims begin `at_once`, and which of the others begin now, by `begins`.
create function step(worker_id uuid, ends jsonb, wanted jsonb, room int, idle boolean, max_crashes int,
  begins jsonb default null, at_once int default null) returns setof step_row language plpgsql
  set search_path from current
as $$
declare
  verdict step_row;
  alone boolean;
begin
  if begins is not null then
    for verdict.kind, verdict.seq, verdict.attempt in
      select b.verdict, b.seq::text, b.attempt from begin_attempts(worker_id, begins) b
    loop
      return next verdict;
    end loop;
  end if;
  if jsonb_array_length(ends) > 0 then
    for verdict.kind, verdict.seq, verdict.attempt, verdict.next_due_ms in
      select coalesce(s.verdict, 'due'), s.seq::text, s.attempt, s.next_due_ms::text from settle_attempts(ends) s
    loop
      return next verdict;
    end loop;
  end if;
  if room > 0 then
    alone := idle and waits(array(select w.type from jsonb_to_recordset(wanted) as w (type text)), true);
    if alone then
      return query select * from claim_jobs(worker_id, wanted, 1, true, max_crashes);
    end if;
    if not alone or not found then
      return query select * from claim_jobs(worker_id, wanted, room, false, max_crashes, at_once);
    end if;
    if not found and not is_alive(worker_id) then
      verdict := null;
      verdict.kind := 'silent';
      return next verdict;
    end if;
  end if;
end
$$;
