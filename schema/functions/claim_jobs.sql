-- What a step answers: one column list for all kinds of rows. Most are jobs that it claimed, whose kind is null, as is each number
-- that is 0: what is null costs neither side anything. What is the same for all of them is said once, in a row 'began'.
create type step_row as (
  kind text, seq bigint, attempt int, next_due_ms double precision,
  id uuid, type text, payload jsonb, priority int, origin text, bundle_id uuid, after_bundle_id uuid,
  unique_key text, max_retry_count int, max_timeout_retry_count int, timeout_ms bigint, start_at text, created_at text, started_at text,
  alive_at text, retries int, timeout_retries int, crashes int, ahead bigint,
  schedule_name text, schedule_key text, group_key text, payload_version int
);

-- Takes ready jobs and begins their next attempt: the only place where `attempt` rises.
--
-- Only jobs that must run alone, or only others, as `alone` says. Each type is probed without locking for as many index entries as fit; only the best of all are locked, deleted and begun.
-- Locking inside the probes would lock types × room rows. Among many types places_among finds them.
-- `types` has its handlers' settings beside it, for jobs that have none of their own.
-- Where `from_ranks` and `from_seqs` name a job of a type, its probe begins there: what was claimed since the last cleaning leaves
-- dead entries in front, which every probe would walk over. One row 'trodden' says that these were many.
-- So many as `beside` says may be in the hands of claims that have not committed: one looks so much further, past them. It must be 0
-- where a type has less room than the claim.
-- One row 'contended' says that others took some of what the probes had seen: more may be waiting.
-- With `ahead_of` they are claimed ahead of free threads and numbered from there, in the order in which they begin.
-- The worker is alive: step has seen to it, for which alone this is, and whose settings pin these plans.
--
-- Where some of the types are `limited`, it takes room for what it found; where there is not enough for all of that, or groups must take
-- turns, `by_turns`, plan_claim says what it may take. A row 'limited' names each of which a job could begin, and a row 'due' says when time
-- lets another. `free` is how many threads wait.
create function claim_jobs(its_id uuid, alive_at text, types text[], rooms int[], from_ranks int[], from_seqs bigint[], max_retries int[],
  max_timeout_retries int[], timeouts bigint[], room int, beside int, alone boolean, max_crashes int, ahead_of bigint, tells_changes boolean,
  limited text[], by_turns boolean, free int)
  returns setof step_row language plpgsql
as $$
#variable_conflict use_variable
declare
  clock step_row;
  said step_row;
  plan claim_plan;
  places tid[];
  walked bigint;
  seen bigint[];
  taken bigint;
begin
  by_turns := limited is not null and (by_turns or free < room);
  loop
    if by_turns then
      if cardinality(types) = 1 and coalesce(free >= room, true) then
        plan := next_turns(types[1], least(room, rooms[1]), alone);
      end if;
      if plan.chosen is null then
        plan := plan_claim(types, rooms, from_ranks, from_seqs, room, alone, limited, free);
      end if;
      rooms := plan.rooms;
      room := plan.room;
      places := plan.chosen;
    end if;
    if places is null then
      walked := pg_stat_get_xact_blocks_fetched('job_available_claim_idx'::regclass);
      if cardinality(types) > 4 then
        places := places_among(types, rooms, from_ranks, from_seqs, room, beside, alone);
      else
        places := array(
          select best.ctid
          from unnest(types, rooms, from_ranks, from_seqs) as t (type, room, from_rank, from_seq)
          cross join lateral (
            select k.ctid, k.rank, k.seq from job_available k
            where k.type = t.type and k.solo = alone and k.group_key = '' and (k.rank, k.seq) >= (coalesce(t.from_rank, -2147483648), coalesce(t.from_seq, 0))
            order by k.rank, k.seq limit least(t.room, claim_jobs.room) + beside
          ) best
          order by best.rank, best.seq limit claim_jobs.room + beside);
      end if;
      walked := pg_stat_get_xact_blocks_fetched('job_available_claim_idx'::regclass) - walked;
    end if;
    exit when limited is null or by_turns;
    plan := take_room(types, limited, places);
    exit when plan.counted is not null;
    by_turns := true;
    places := null;
  end loop;
  if limited is not null then
    said.kind := 'limited';
    foreach said.type in array plan.offered loop
      return next said;
    end loop;
    if plan.due_ms is not null then
      said := row('due', null, null, plan.due_ms);
      return next said;
    end if;
  end if;
  if not alone and (walked > 40 + 4 * cardinality(types) or plan.trodden) then
    return next jsonb_populate_record(null::step_row, '{"kind": "trodden"}');
  end if;
  if places = '{}' then
    return;
  end if;
  if tells_changes then
    seen := array(select a.seq from job_available a where a.ctid = any (places));
  end if;

  clock.kind := 'began';
  clock.started_at := moment(now());
  clock.alive_at := alive_at;
  return next clock;
  return query
  with taken as (
    delete from job_available a
    using (
      select w.ctid, row_number() over () as place from unnest(places) as p (ctid)
      cross join lateral (select k.ctid from job_available k where k.ctid = p.ctid for update skip locked) w
      limit claim_jobs.room
    ) w
    where a.ctid = w.ctid
    returning a.seq, a.attempt + 1 as attempt, a.retries, a.timeout_retries, a.crashes, a.keyed, ahead_of + w.place as ahead
  ), begun as materialized (
    select j.*, t.attempt, t.retries, t.timeout_retries, t.crashes, t.keyed, t.ahead
    from taken t cross join lateral (select * from job where job.seq = t.seq limit 1) j
  ), running as (
    insert into job_running (seq, attempt, worker_id, bundle_id, started_at, deadline, retries, timeout_retries, crashes,
      max_retries, max_timeout_retries, max_crashes, keyed, ahead, type, group_key)
    select b.seq, b.attempt, its_id, b.bundle_id, now(),
      now() + nullif(coalesce(b.timeout_ms, timeouts[array_position(types, b.type)]), 0) * interval '1 ms',
      b.retries, b.timeout_retries, b.crashes,
      coalesce(b.max_retry_count, max_retries[array_position(types, b.type)]),
      coalesce(b.max_timeout_retry_count, max_timeout_retries[array_position(types, b.type)]), max_crashes, b.keyed, b.ahead,
      case when b.type = any (plan.counted) then b.type end, case when b.type = any (plan.counted) then coalesce(b.group_key, '') end
    from begun b
  )
  select null::text, b.seq, b.attempt, null::double precision, b.id, b.type::text, b.payload, nullif(b.priority, 0), b.origin::text, b.bundle_id, b.after_bundle_id,
    b.unique_key::text, b.max_retry_count::int, b.max_timeout_retry_count::int, b.timeout_ms::bigint, moment(b.start_at), moment(b.created_at), null::text,
    null::text, nullif(b.retries, 0), nullif(b.timeout_retries, 0), nullif(b.crashes::int, 0), b.ahead,
    b.schedule_name, b.schedule_key, b.group_key::text, b.payload_version::int
  from begun b;
  get diagnostics taken = row_count;
  if limited is not null and cardinality(types) = 1 and taken < cardinality(places) then
    perform give_back_tokens(types[1], (cardinality(places) - taken)::int);
  end if;
  if taken < least(room, cardinality(places)) then
    return next jsonb_populate_record(null::step_row, '{"kind": "contended"}');
  end if;
  if taken > 0 and tells_changes then
    insert into event (kind, job_id, job_type, schedule_name, schedule_key, origin, bundle_id, previous, current)
    select 'c', j.id, j.type, j.schedule_name, j.schedule_key, j.origin, j.bundle_id, 'available', 'running'
    from unnest(seen) as s (seq)
    cross join lateral (select from job_running r where r.seq = s.seq and r.worker_id = its_id and r.started_at = now() limit 1) r
    cross join lateral (select * from job where job.seq = s.seq limit 1) j;
    perform wake('event');
  end if;
end
$$;
