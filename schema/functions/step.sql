-- Notes when attempts that were claimed ahead began, those that go on for a while: from there on their time runs. `begins`:
-- [{seq, attempt, ago_ms, timeout_ms}]. Answers 'lost', and 'busy' for what somebody's transaction holds.
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
    select u.seq, u.timeout_ms, greatest(r.started_at, now() - u.ago_ms * interval '1 ms') as began_at
    from asked u
    cross join lateral (
      select g.seq, g.started_at from job_running g
      where g.seq = u.seq and case when g.attempt = u.attempt then g.worker_id = its_id else false end
      limit 1 for no key update skip locked
    ) r
  ), begun as (
    -- Not joined: from statistics of a moment when nothing ran, a walk over all that ran since would seem cheaper than ten probes.
    update job_running g
    set (ahead, started_at, deadline) = (
      select null::bigint, h.began_at, h.began_at + nullif(h.timeout_ms, 0) * interval '1 ms' from held h where h.seq = g.seq)
    where g.seq = any (array(select h.seq from held h))
  )
  select u.seq, u.attempt,
    case verdict_of(u.seq, u.attempt, its_id, 'r') when 'busy' then 'busy' else 'lost' end
  from asked u where not exists (select from held h where h.seq = u.seq);
end
$$;

-- The pump's round trip: settles what ended and claims what fits, in one commit. The answer is one list of rows: what was
-- claimed, what did not settle ('busy', 'lost'), when the first retry is due ('due', by next_due_ms), and 'silent'
-- where this worker has not beaten for too long: it gets nothing, and begins nothing.
--
-- What succeeded comes as arrays, as settle_succeeded takes them; whatever ended otherwise is in `ends`, as settle_attempts takes
-- it. `types` has the room and the settings of their handlers beside it. An idle worker, which runs nothing else, first takes one
-- job that must run alone.
--
-- A worker that claims ahead of free threads has what it claims numbered from `ahead_of`; `begun_through` is the place up to which
-- they may have begun as soon as this is answered, and `begins` tells when those began that go on for a while.
--
-- `free` is how many threads wait, which counts where some of its types are limited, paused or have groups. Who makes room
-- by the end of a limited job and does not take it itself wakes others.
--
-- What the short way left has had its time to wait; settle_attempts does not wait for it again.
--
-- Without `bundles_first` the members of great bundles are counted last of all, and the step fails (55P03) where somebody holds such a
-- bundle for long: it is to be asked again with it.
--
-- The settings are made here, once, for what it calls: each costs as much as reading a row.
create function step(worker_id uuid,
  done bigint[] default '{}', attempts int[] default '{}', results jsonb[] default null, ran_ms double precision[] default null,
  bundles uuid[] default null, keyed bigint[] default null, ends jsonb default null,
  types text[] default '{}', rooms int[] default '{}', from_ranks int[] default null, from_seqs bigint[] default null,
  max_retries int[] default '{}', max_timeout_retries int[] default '{}', timeouts bigint[] default '{}',
  room int default 0, beside int default 0, idle boolean default false, max_crashes int default 1,
  begins jsonb default null, ahead_of bigint default null, begun_through bigint default null, free int default null,
  bundles_first boolean default true) returns setof step_row language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  verdict step_row;
  settled settled_shortly;
  heard text;
  alive_at text;
  is_alive boolean;
  limited text[];
  by_turns boolean;
  freed text[];
  claimed boolean := false;
begin
  if begins is not null then
    for verdict.kind, verdict.seq, verdict.attempt in
      select b.verdict, b.seq, b.attempt from begin_attempts(worker_id, begins) b
    loop
      return next verdict;
    end loop;
  end if;
  if begun_through is not null then
    insert into worker_begun as b (worker_id, through) values (step.worker_id, begun_through)
    on conflict on constraint worker_begun_pkey do update set through = excluded.through, at = now();
  end if;
  if done <> '{}' or ends is not null or room > 0 or begun_through is not null then
    select h.kinds, moment(w.worker_alive_at), w.stopped_at is null and (w.worker_alive_at is null or w.worker_alive_at > now() - w.dead_for),
      l.types, l.by_turns
    into heard, alive_at, is_alive, limited, by_turns
    from heard h left join worker w on w.id = step.worker_id
    cross join lateral (
      select array_agg(k.type::text) as types,
        bool_or(k.grouped or k.per_group or k.paused_at is not null or exists (select from group_hold g where g.type = k.type)) as by_turns
      from type_limit k where k.type = any (w.job_types)
    ) l;
  end if;
  if limited <> '{}' and exists (select from sleeper s where s.job_types && limited) then
    freed := counted_types(done || array(select e.seq from jsonb_to_recordset(ends) as e (seq bigint)));
  end if;
  if done <> '{}' then
    settled := settle_succeeded(worker_id, done, attempts, results, ran_ms, bundles, keyed, heard, bundles_first);
    if settled.odd is not null then
      ends := coalesce(ends, '[]') || (
        select coalesce(jsonb_agg(jsonb_build_object('seq', u.seq, 'attempt', u.attempt, 'worker_id', worker_id, 'outcome', 's', 'result', u.result, 'ran_ms', u.ran_ms)), '[]')
        from unnest(done, attempts, results, ran_ms) as u (seq, attempt, result, ran_ms) where u.seq = any (settled.odd));
    end if;
  end if;
  if ends is not null then
    for verdict.kind, verdict.seq, verdict.attempt, verdict.next_due_ms in
      select coalesce(s.verdict, 'due'), s.seq, s.attempt, s.next_due_ms from settle_attempts(ends, patient => settled.odd is null) s
    loop
      return next verdict;
    end loop;
  end if;
  if is_alive and room > 0 then
    -- A group was held just now, perhaps the first of its type.
    if jsonb_path_exists(ends, '$[*] ? (@.holds == true)') then
      select array_agg(k.type::text), count(*) > 0 into limited, by_turns from type_limit k where k.type = any (types);
    end if;
    if not types && limited then
      limited := null;
      by_turns := false;
    end if;
    if limited is not null then
      beside := 0;
    end if;
    if idle and waits(types, true) then
      return query select * from claim_jobs(worker_id, alive_at, types, rooms, null, null, max_retries, max_timeout_retries, timeouts, 1, beside, true, max_crashes, null, heard like '%c%', limited, by_turns, free);
      claimed := found;
    end if;
    if not claimed then
      return query select * from claim_jobs(worker_id, alive_at, types, rooms, from_ranks, from_seqs, max_retries, max_timeout_retries, timeouts, room, beside, false, max_crashes, ahead_of, heard like '%c%', limited, by_turns, free);
    end if;
  elsif is_alive is not true and (room > 0 or begun_through is not null) then
    verdict := null;
    verdict.kind := 'silent';
    return next verdict;
  end if;
  if freed <> '{}' then
    perform wake_for_room(freed);
  end if;
  if settled.to_count is not null then
    perform count_succeeded(settled.to_count);
  end if;
end
$$;
