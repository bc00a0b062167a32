-- What a type's own limits leave for a claim; null: it has none that count for the type as a whole.
create function type_room(l type_limit) returns int language plpgsql stable
as $$
begin
  if l.per_group then
    return null;
  end if;
  return least(
    l.concurrency - (select count(*)::int from job_running r where r.type = l.type),
    floor(tokens_of(l, l.tokens, l.tokens_at) + 1e-6)::int);
end
$$;

-- What the bucket holds now that held so many tokens then; null: the type has no rate.
create function tokens_of(l type_limit, tokens double precision, at timestamptz) returns double precision language plpgsql stable
as $$
begin
  return least(l.rate_count, tokens_of.tokens + greatest(0, extract(epoch from now() - at) * 1000) * l.rate_count / l.rate_ms, l.rate_count);
end
$$;

-- What the limits of a group leave of `most`, and 0 for one that is held.
create function group_room(l type_limit, its_group text, most int) returns int language plpgsql stable
as $$
declare
  bucket group_bucket;
begin
  if exists (select from group_hold h where h.type = l.type and h.group_key = its_group and h.until > now()) then
    return 0;
  end if;
  if not l.per_group then
    return most;
  end if;
  if l.rate_count is not null then
    select * into bucket from group_bucket b where b.type = l.type and b.group_key = its_group;
  end if;
  return least(most,
    l.concurrency - (select count(*)::int from job_running r where r.type = l.type and r.group_key = its_group),
    floor(tokens_of(l, bucket.tokens, bucket.tokens_at) + 1e-6)::int);
end
$$;

-- A job that could be claimed now, and which one of its type it would be.
create type turn as (type text, group_key text, place tid, rank int, seq bigint, nth bigint);

-- The next jobs of a type, as its groups take turns: the first of each group, then the second of each, and so on, beginning behind the
-- group that had the last turn. Within a group the order is the claim's.
--
-- The groups are read by hops from one to the next (a loose index scan), no more of them than jobs are asked for; of those that may not
-- begin any, a thousand at most. `gated`: some group may have no room. The smallest text behind g is g and chr(1).
create function turns_of(l type_limit, most int, alone boolean, gated boolean) returns setof turn language plpgsql stable
as $$
begin
  return query
  with recursive hop as (
    select 0 as n, case when l.turn is null then 2 else 1 end as leg, coalesce(l.turn || chr(1), '') collate "C" as from_key,
      '' collate "C" as group_key, 0 as room, 0 as found
    union all
    select h.n + 1, g.leg, g.group_key || chr(1), g.group_key, r.room, h.found + (r.room > 0)::int
    from hop h
    cross join lateral (
      (select h.leg as leg, a.group_key from job_available a
        where a.type = l.type and a.solo = alone and a.group_key >= h.from_key order by a.group_key limit 1)
      union all
      (select 2, a.group_key from job_available a
        where h.leg = 1 and a.type = l.type and a.solo = alone and a.group_key >= '' order by a.group_key limit 1)
      limit 1
    ) g
    cross join lateral (select case when gated then group_room(l, g.group_key, most) else most end as room) r
    where h.found < most and h.n < 1000 and (g.leg = 1 or l.turn is null or g.group_key <= l.turn)
  ), reach as (
    select case when max(h.found) >= most then 1 else greatest(1, least(most, 1000 / greatest(1, max(h.found)))) end as depth from hop h
  ), listed as (
    select h.n, h.group_key, k.ctid as place, k.rank, k.seq, row_number() over (partition by h.n order by k.rank, k.seq) as depth
    from hop h cross join reach
    cross join lateral (
      select a.ctid, a.rank, a.seq from job_available a
      where a.type = l.type and a.solo = alone and a.group_key = h.group_key
      order by a.rank, a.seq limit least(h.room, reach.depth)
    ) k
    where h.room > 0
  )
  select l.type::text, s.group_key::text, s.place, s.rank, s.seq, row_number() over (order by s.depth, s.n)
  from listed s order by s.depth, s.n limit most;
end
$$;

-- True where some group of a type may have no room of its own.
create function is_gated(l type_limit) returns boolean language plpgsql stable
as $$
begin
  return l.per_group or exists (select from group_hold h where h.type = l.type);
end
$$;

-- What began before its type was limited is made to count, too. Only what somebody else writes at this moment is left for the next time.
create function count_running(l type_limit) returns void language plpgsql
as $$
begin
  update job_running g set type = l.type, group_key = coalesce((select j.group_key from job j where j.seq = g.seq), '')
  where g.seq = any (array(
    select r.seq from job_running r
    where r.type is null and exists (select from job j where j.seq = r.seq and j.type = l.type) for update skip locked));
end
$$;

-- Claims where some of the types are limited, held or paused, or have groups: `limited`. The others take part in their order. Limits
-- are decided here and nowhere else, by counting what runs, under a lock of the type: no two claims count at the same time.
--
-- `free`: threads that wait. While a limited job could begin nothing is claimed ahead of them; a row 'limited' names its type.
create function claim_by_turns(its_id uuid, alive_at text, types text[], rooms int[], from_ranks int[], from_seqs bigint[], max_retries int[],
  max_timeout_retries int[], timeouts bigint[], room int, alone boolean, max_crashes int, ahead_of bigint, tells_changes boolean,
  limited text[], free int) returns setof step_row language plpgsql
as $$
#variable_conflict use_variable
declare
  threads constant int := least(room, coalesce(free, room));
  answer step_row;
  met record;
  l type_limit;
  offers turn[] := '{}';
  own turn[];
  met_types text[] := '{}';
  counted text[] := '{}';
  most int;
  chosen tid[];
  walked bigint := pg_stat_get_xact_blocks_fetched('job_available_claim_idx'::regclass);
begin
  answer.kind := 'limited';
  for met in
    select k as l, k.per_group or exists (select from group_hold h where h.type = k.type) as is_gated,
      exists (select from job_available a where a.type = k.type and a.group_key <> '') as has_groups
    from type_limit k
    where k.type = any (types) and k.type = any (limited) and k.paused_at is null
      -- Behind what was claimed since the last cleaning, as claim_jobs looks.
      and (exists (
          select from job_available a where a.type = k.type and a.solo = alone and a.group_key = ''
            and (a.rank, a.seq) >= (coalesce(from_ranks[array_position(types, k.type)], -2147483648), coalesce(from_seqs[array_position(types, k.type)], 0)))
        or exists (select from job_available a where a.type = k.type and a.group_key <> ''))
    order by k.type for no key update of k
  loop
    l := met.l;
    met_types := met_types || l.type;
    if l.concurrency is not null then
      counted := counted || l.type;
      if l.set_at > now() - interval '1 s' then
        perform count_running(l);
      end if;
    end if;
    most := least(rooms[array_position(types, l.type)], greatest(threads, 1));
    if (l.concurrency is not null or l.rate_count is not null) and not l.per_group then
      most := least(most, type_room(l));
    end if;
    continue when most <= 0;
    if met.has_groups or met.is_gated then
      own := array(select t from turns_of(l, most, alone, met.is_gated) t);
    else
      own := array(
        select (l.type, '', k.ctid, k.rank, k.seq, row_number() over (order by k.rank, k.seq))::turn
        from (
          select a.ctid, a.rank, a.seq from job_available a
          where a.type = l.type and a.solo = alone and a.group_key = ''
            and (a.rank, a.seq) >= (coalesce(from_ranks[array_position(types, l.type)], -2147483648), coalesce(from_seqs[array_position(types, l.type)], 0))
          order by a.rank, a.seq limit most
        ) k);
    end if;
    if own <> '{}' then
      answer.type := l.type;
      return next answer;
      offers := offers || own;
    end if;
  end loop;
  walked := pg_stat_get_xact_blocks_fetched('job_available_claim_idx'::regclass) - walked;
  if not alone and walked > 40 + 8 * cardinality(types) then
    answer.kind := 'trodden';
    return next answer;
  end if;
  if offers <> '{}' and threads > 0 then
    room := threads;
  elsif threads = 0 then
    offers := '{}';
  end if;
  if types <@ met_types and cardinality(types) = 1 then
    chosen := array(select o.place from unnest(offers) o order by o.nth limit room);
    if offers <> '{}' and (l.rate_count is not null or met.has_groups) then
      perform take_turns(l, offers);
    end if;
  else
    chosen := array(
      select m.place from (
        -- In the order of claims as far as each type's own order allows: none passes those before it in its type.
        select o.place, max(array[o.rank, o.seq]) over (partition by o.type order by o.nth) as key from unnest(offers) o
        union all
        select best.ctid, array[best.rank, best.seq]
        from unnest(types, rooms, from_ranks, from_seqs) as t (type, room, from_rank, from_seq)
        cross join lateral (
          select k.ctid, k.rank, k.seq from job_available k
          where k.type = t.type and k.solo = alone and k.group_key = '' and (k.rank, k.seq) >= (coalesce(t.from_rank, -2147483648), coalesce(t.from_seq, 0))
          order by k.rank, k.seq limit least(t.room, room)
        ) best
        where t.type <> all (limited)
      ) m
      order by m.key limit room);
    foreach answer.type in array met_types loop
      own := array(select o from unnest(offers) o where o.type = answer.type and o.place = any (chosen));
      if own <> '{}' then
        select k.* into l from type_limit k where k.type = answer.type;
        perform take_turns(l, own);
      end if;
    end loop;
  end if;
  return query select * from claim_jobs(its_id, alive_at, types, rooms, null, null, max_retries, max_timeout_retries, timeouts, room, 0, alone,
    max_crashes, ahead_of, tells_changes, chosen, counted);
  if cardinality(chosen) < room then
    answer := null;
    answer.kind := 'due';
    answer.next_due_ms := next_turn_ms(met_types);
    if answer.next_due_ms is not null then
      return next answer;
    end if;
  end if;
end
$$;

-- Notes which group had the last turn, and takes the tokens: also of one that somebody else takes away at this moment, and so never
-- one too few.
create function take_turns(l type_limit, taken turn[]) returns void language plpgsql
as $$
declare
  last text := (select t.group_key from unnest(taken) t order by t.nth desc limit 1);
begin
  if taken = '{}' then
    return;
  end if;
  if l.rate_count is not null and l.per_group then
    insert into group_bucket as b (type, group_key, tokens, tokens_at)
    select l.type, t.group_key, l.rate_count - count(*), now() from unnest(taken) t group by t.group_key order by t.group_key
    on conflict (type, group_key) do update set
      tokens = tokens_of(l, b.tokens, b.tokens_at) - (l.rate_count - excluded.tokens), tokens_at = greatest(b.tokens_at, now());
  end if;
  if last is distinct from coalesce(l.turn, '') or l.rate_count is not null and not l.per_group then
    update type_limit k set turn = last,
      tokens = case when not l.per_group then tokens_of(l, l.tokens, l.tokens_at) - cardinality(taken) end,
      tokens_at = greatest(l.tokens_at, now())
    where k.type = l.type;
  end if;
end
$$;

-- Milliseconds until time lets a waiting job of these types begin: a token arrives, or a hold ends; null: they wait for nothing of the
-- kind. Tokens that arrive quickly are waited for together.
create function next_turn_ms(types text[]) returns double precision language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return (
    select case when min(w.ms) < 20 then 20 else min(w.ms) end from type_limit l
    cross join lateral (
      select (1 - t.tokens) * l.rate_ms / l.rate_count as ms
      from (select tokens_of(l, l.tokens, l.tokens_at) as tokens) t
      where not l.per_group and t.tokens < 1
        and exists (select from job_available a where a.type = l.type and a.solo in (false, true))
      union all
      select (1 - t.tokens) * l.rate_ms / l.rate_count
      from group_bucket b cross join lateral (select tokens_of(l, b.tokens, b.tokens_at) as tokens) t
      where l.per_group and b.type = l.type and t.tokens < 1
        and group_waits(l.type, b.group_key)
      union all
      select extract(epoch from max(h.until) - now()) * 1000 from group_hold h
      where h.type = l.type and h.until > now() and group_waits(l.type, h.group_key)
      group by h.group_key
    ) w
    where l.type = any (types) and l.paused_at is null);
end
$$;

create function group_waits(its_type text, its_group text) returns boolean language plpgsql stable
as $$
begin
  return exists (select from job_available a where a.type = its_type and a.solo in (false, true) and a.group_key = its_group);
end
$$;

-- Which of these types have limits, are paused, or have groups.
create function limited_of(types text[]) returns text[] language plpgsql stable
as $$
begin
  return array(select l.type from type_limit l where l.type = any (types));
end
$$;

create function paused_of(limited text[]) returns text[] language plpgsql stable
as $$
begin
  return array(select l.type from type_limit l where l.type = any (limited) and l.paused_at is not null);
end
$$;

-- True if a job of these limited types could be claimed.
create function turns_wait(limited text[], alone boolean) returns boolean language plpgsql stable
as $$
declare
  l type_limit;
begin
  for l in select k.* from type_limit k where k.type = any (limited) and k.paused_at is null loop
    if coalesce(type_room(l), 1) > 0 and exists (select from turns_of(l, 1, alone, is_gated(l))) then
      return true;
    end if;
  end loop;
  return false;
end
$$;

-- The limited types of attempts that are about to end.
create function counted_types(seqs bigint[]) returns text[] language plpgsql stable
as $$
begin
  return array(
    select distinct r.type from unnest(seqs) as s (seq)
    cross join lateral (select g.type from job_running g where g.seq = s.seq limit 1) r where r.type is not null);
end
$$;

-- Others may sleep although jobs of these types wait, since there was no room for them.
create function wake_for_room(types text[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  if exists (select from sleeper s where s.job_types && types) then
    perform wake('available ' || t.type) from unnest(types) as t (type)
    where exists (select from sleeper s where t.type = any (s.job_types)) and (waits(array[t.type], false) or waits(array[t.type], true));
  end if;
end
$$;

-- Notes that no job of these groups begins before: of attempts [{seq, wait_ms, holds}] that have just ended.
create function hold_groups(ends jsonb) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into group_hold (type, group_key, until)
  select j.type, coalesce(j.group_key, ''), now() + e.wait_ms * interval '1 ms'
  from jsonb_to_recordset(ends) as e (seq bigint, wait_ms double precision)
  cross join lateral (select * from job where job.seq = e.seq limit 1) j;
  perform know_limited(array(
    select distinct j.type from jsonb_to_recordset(ends) as e (seq bigint)
    cross join lateral (select * from job where job.seq = e.seq limit 1) j));
end
$$;

-- Has claims of these types ask for more than their order.
create function know_limited(types text[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into type_limit (type)
  select distinct t.type from unnest(types) as t (type) where not exists (select from type_limit l where l.type = t.type) order by t.type
  on conflict (type) do nothing;
end
$$;

-- Lets go of what says nothing any more: holds that are over, buckets that are full, types without limits of which no group waits.
create function keep_limits() returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  delete from group_hold h where h.until < now();
  delete from group_bucket b where b.ctid = any (array(
    select k.ctid from group_bucket k
    where (select tokens_of(l, k.tokens, k.tokens_at) >= l.rate_count from type_limit l where l.type = k.type) is not false
    for update skip locked));
  delete from type_limit l where l.type = any (array(
    select k.type from type_limit k
    where k.concurrency is null and k.rate_count is null and k.paused_at is null
      and not exists (select from group_hold h where h.type = k.type)
      and not exists (select from job_available a where a.type = k.type and a.group_key <> '')
    order by k.type for update skip locked));
end
$$;

-- Sets what a type may do at most; nulls take it away. The same rate again leaves the bucket as full as it is.
create function set_limit(its_type text, its_concurrency int, its_rate_count int, its_rate_ms double precision, groups boolean) returns void
  language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  old type_limit;
begin
  insert into type_limit (type) values (its_type) on conflict (type) do nothing;
  select * into old from type_limit l where l.type = its_type for no key update;
  update type_limit l set concurrency = its_concurrency, rate_count = its_rate_count, rate_ms = its_rate_ms, per_group = groups, set_at = now()
  where l.type = its_type;
  if (old.rate_count, old.rate_ms, old.per_group) is distinct from (its_rate_count, its_rate_ms, groups) then
    update type_limit l set tokens = null, tokens_at = null where l.type = its_type;
    delete from group_bucket b where b.type = its_type;
  end if;
  select * into old from type_limit l where l.type = its_type;
  if old.concurrency is not null then
    perform count_running(old);
  end if;
  perform wake_for_type(its_type);
end
$$;

-- No claim takes jobs of this type, until it is resumed.
create function pause_type(its_type text) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  insert into type_limit as l (type, paused_at) values (its_type, now())
  on conflict (type) do update set paused_at = coalesce(l.paused_at, now());
end
$$;

create function resume_type(its_type text) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  update type_limit l set paused_at = null where l.type = its_type and l.paused_at is not null;
  if found then
    perform wake_for_type(its_type);
  end if;
end
$$;

-- While a type was paused nobody slept for it.
create function wake_for_type(its_type text) returns void language plpgsql
  set search_path from current
as $$
begin
  if exists (select from sleeper) then
    perform wake('available ' || its_type);
  end if;
end
$$;
