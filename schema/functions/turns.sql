-- A job that could be claimed now, and how many of its type go before it. `room` is what its group may begin.
create type turn as (type text, group_key text, place tid, rank int, seq bigint, nth bigint, room int);

-- What a claim may take where some of its types are limited, held or paused, or have groups.
create type claim_plan as (
  -- What it looks for itself of each type, and in all.
  rooms int[], room int,
  -- What it takes instead, in this order, where turns or tokens decide; nobody else can choose it any more.
  chosen tid[],
  -- Types whose attempts are counted while they run.
  counted text[],
  -- Types that are limited and of which a job could begin.
  offered text[],
  -- Milliseconds until time lets more begin; null: time alone lets nothing begin.
  due_ms double precision,
  trodden boolean
);

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

-- True where some group of a type may have no room of its own.
create function is_gated(l type_limit) returns boolean language plpgsql stable
as $$
begin
  return l.per_group or exists (select from group_hold h where h.type = l.type);
end
$$;

-- The next jobs of a type, as its groups take turns: the first of each group, then the second of each, and so on, beginning behind the
-- group that had the last turn. Within a group the order is the claim's.
--
-- One hop finds the next group and its first job (a loose index scan); no more groups are read than jobs are asked for; of those that may
-- not begin any, a thousand at most. `gated`: some group may have no room. The smallest text behind g is g and chr(1).
create function turns_of(l type_limit, most int, alone boolean, gated boolean) returns turn[] language plpgsql stable
as $$
declare
  firsts turn[] := array(
    with recursive hop as (
      select 0 as n, case when l.turn is null then 2 else 1 end as leg, coalesce(l.turn || chr(1), '') collate "C" as from_key,
        '' collate "C" as group_key, null::tid as place, 0 as rank, 0::bigint as seq, 0 as room, 0 as found
      union all
      select h.n + 1, g.leg, g.group_key || chr(1), g.group_key, g.place, g.rank, g.seq, r.room, h.found + (r.room > 0)::int
      from hop h
      cross join lateral (
        (select h.leg as leg, a.group_key, a.ctid as place, a.rank, a.seq from job_available a
          where a.type = l.type and a.solo = alone and a.group_key >= h.from_key order by a.group_key, a.rank, a.seq limit 1)
        union all
        (select 2, a.group_key, a.ctid, a.rank, a.seq from job_available a
          where h.leg = 1 and a.type = l.type and a.solo = alone order by a.group_key, a.rank, a.seq limit 1)
        limit 1
      ) g
      cross join lateral (select case when gated then group_room(l, g.group_key, most) else most end as room) r
      where h.found < most and h.n < 1000 and (g.leg = 1 or l.turn is null or g.group_key <= l.turn)
    )
    select (l.type, h.group_key, h.place, h.rank, h.seq, h.found, h.room)::turn from hop h where h.room > 0 order by h.n);
begin
  if cardinality(firsts) = most or firsts = '{}' then
    return firsts;
  end if;
  return array(
    select (t.type, t.group_key, t.place, t.rank, t.seq, row_number() over (order by t.depth, t.nth), t.room)::turn
    from (
      select f.type, f.group_key, k.ctid as place, k.rank, k.seq, f.nth, f.room, row_number() over (partition by f.nth order by k.rank, k.seq) as depth
      from unnest(firsts) f
      cross join lateral (
        select a.ctid, a.rank, a.seq from job_available a
        where a.type = l.type and a.solo = alone and a.group_key = f.group_key
        order by a.rank, a.seq limit least(f.room, greatest(1, 1000 / cardinality(firsts)))
      ) k
    ) t
    order by t.depth, t.nth limit most);
end
$$;

-- Takes room for a claim that has found these places, which stand in no groups, if there is room for all of them. Where there is not,
-- where more than one of their types is limited, or where somebody else is at it, so that these places may be gone, it takes nothing, and
-- nothing is `counted`: plan_claim will say what may be taken.
create function take_room(types text[], limited text[], places tid[]) returns claim_plan language plpgsql
as $$
declare
  plan claim_plan;
  its_type text := types[1];
  n int := cardinality(places);
  others int := 0;
begin
  if cardinality(types) > 1 then
    select min(a.type), count(*), count(distinct a.type) - 1 into its_type, n, others
    from unnest(places) as p (ctid) cross join lateral (select k.type from job_available k where k.ctid = p.ctid) a
    where a.type = any (limited);
  end if;
  if n = 0 then
    plan.offered := '{}';
    plan.counted := '{}';
  elsif others = 0 then
    update type_limit k set
      begun = k.begun + n,
      tokens = case when k.rate_count is not null then tokens_of(k, k.tokens, k.tokens_at) - n end,
      tokens_at = case when k.rate_count is not null then greatest(k.tokens_at, now()) end
    where k.ctid = any (array(
      select c.ctid from type_limit c
      where c.type = its_type and c.paused_at is null and not c.grouped and not c.per_group
        and (c.concurrency is null or c.begun + n <= c.concurrency and c.set_at < now() - interval '1 s')
        -- What is not taken after all is given back, which a claim of one type can tell.
        and (c.rate_count is null or cardinality(types) = 1 and tokens_of(c, c.tokens, c.tokens_at) + 1e-6 >= n)
        and not exists (select from group_hold h where h.type = c.type)
      for no key update skip locked))
    returning array[its_type], case when k.concurrency is null then '{}' else array[its_type] end into plan.offered, plan.counted;
  end if;
  return plan;
end
$$;

-- Gives back the tokens of jobs that a claim of one type had chosen, and others have or hold.
create function give_back_tokens(its_type text, missed int) returns void language plpgsql
as $$
begin
  update type_limit k set tokens = least(k.rate_count, k.tokens + missed)
  where k.type = its_type and k.rate_count is not null and not k.per_group;
end
$$;

-- Chooses for a claim of one type which has groups and no limits, where as many groups have a job as it asks for: then each has one turn.
-- The turn is moved on where nobody else moves it. Else nothing is `chosen`, and plan_claim will say what to take.
create function next_turns(its_type text, most int, alone boolean) returns claim_plan language plpgsql
as $$
declare
  plan claim_plan;
  its_turn text;
  groups text[];
begin
  with recursive hop as (
    select 0 as n, case when k.turn is null then 2 else 1 end as leg, coalesce(k.turn || chr(1), '') collate "C" as from_key,
      null::text collate "C" as group_key, null::tid as place, k.turn
    from type_limit k
    where k.type = its_type and k.grouped and k.concurrency is null and k.rate_count is null and k.paused_at is null
      and not exists (select from group_hold g where g.type = its_type)
    union all
    select h.n + 1, g.leg, g.group_key || chr(1), g.group_key, g.place, h.turn
    from hop h
    cross join lateral (
      (select h.leg as leg, a.group_key, a.ctid as place from job_available a
        where a.type = its_type and a.solo = alone and a.group_key >= h.from_key order by a.group_key, a.rank, a.seq limit 1)
      union all
      (select 2, a.group_key, a.ctid from job_available a
        where h.leg = 1 and a.type = its_type and a.solo = alone order by a.group_key, a.rank, a.seq limit 1)
      limit 1
    ) g
    where h.n < most and (g.leg = 1 or h.turn is null or g.group_key <= h.turn)
  )
  select min(h.turn), array_agg(h.group_key order by h.n), array_agg(h.place order by h.n)
  into its_turn, groups, plan.chosen from hop h where h.n > 0;
  if cardinality(plan.chosen) = most then
    update type_limit k set turn = groups[most]
    where k.ctid = any (array(
      select c.ctid from type_limit c
      where c.type = its_type and c.turn is not distinct from its_turn and c.concurrency is null and c.rate_count is null
        and c.paused_at is null and not exists (select from group_hold g where g.type = its_type)
      for no key update skip locked));
  end if;
  if not found or cardinality(plan.chosen) < most then
    plan.chosen := null;
  end if;
  plan.room := most;
  plan.offered := array[its_type];
  return plan;
end
$$;

-- Says what a claim may take of its limited types, under a lock of each of these types: no two claims count at the same time. Limits are
-- decided here and nowhere else.
--
-- What runs of a type is counted only where it could come near its limit: `begun` is no less than what runs, since nothing runs that no
-- claim has added to it. For a second after a limit was set, claims may still be under way that did not know it.
--
-- `free`: threads that wait. While a limited job could begin nothing is claimed ahead of them.
create function plan_claim(types text[], rooms int[], from_ranks int[], from_seqs bigint[], room int, alone boolean, limited text[], free int)
  returns claim_plan language plpgsql
as $$
#variable_conflict use_variable
declare
  threads constant int := least(room, coalesce(free, room));
  plan claim_plan;
  met record;
  gated boolean;
  l type_limit;
  most int;
  own turn[];
  offers turn[] := '{}';
  met_types text[] := '{}';
  offered text[] := '{}';
  counted text[] := '{}';
  free_rooms int[] := rooms;
  is_timed boolean := false;
  walked bigint := pg_stat_get_xact_blocks_fetched('job_available_claim_idx'::regclass);
begin
  for at in 1 .. cardinality(types) loop
    if types[at] = any (limited) then
      free_rooms[at] := 0;
    end if;
  end loop;
  for met in
    select k as type_limit, array_position(types, k.type::text) as at
    from type_limit k
    where k.type = any (types) and k.type = any (limited) and k.paused_at is null
      -- Behind what was claimed since the last cleaning, as claim_jobs looks.
      and (exists (
          select from job_available a where a.type = k.type and a.solo = alone and a.group_key = ''
            and (a.rank, a.seq) >= (coalesce(from_ranks[array_position(types, k.type::text)], -2147483648), coalesce(from_seqs[array_position(types, k.type::text)], 0)))
        or k.grouped and (
          exists (select from job_available a where a.type = k.type and a.solo = alone and a.group_key > k.turn)
          or exists (select from job_available a where a.type = k.type and a.solo = alone and a.group_key > '')))
    order by k.type for no key update of k
  loop
    l := met.type_limit;
    met_types := met_types || l.type::text;
    -- Asked behind the lock: who had it before may have held a group.
    gated := is_gated(l);
    is_timed := is_timed or gated or l.rate_count is not null;
    most := least(rooms[met.at], greatest(threads, 1));
    if l.concurrency is not null then
      counted := counted || l.type::text;
      if l.set_at > now() - interval '1 s' then
        perform count_running(l);
      end if;
      if not l.per_group then
        if l.begun is null or l.begun + most > l.concurrency then
          l.begun := (select count(*) from job_running r where r.type = l.type);
        end if;
        most := least(most, l.concurrency - l.begun);
      end if;
    end if;
    if l.rate_count is not null and not l.per_group then
      most := least(most, floor(tokens_of(l, l.tokens, l.tokens_at) + 1e-6)::int);
    end if;
    continue when most <= 0;
    if l.concurrency is not null and not l.per_group and threads > 0 then
      update type_limit k set begun = case when l.set_at < now() - interval '1 s' then l.begun + most end where k.type = l.type;
    end if;
    if l.grouped or gated then
      own := turns_of(l, most, alone, gated);
      continue when own = '{}';
      offers := offers || own;
    elsif l.rate_count is not null then
      own := array(
        select (l.type, '', a.ctid, a.rank, a.seq, row_number() over (order by a.rank, a.seq), most)::turn
        from job_available a
        where a.type = l.type and a.solo = alone and a.group_key = ''
          and (a.rank, a.seq) >= (coalesce(from_ranks[met.at], -2147483648), coalesce(from_seqs[met.at], 0))
        order by a.rank, a.seq limit most);
      continue when own = '{}';
      offers := offers || own;
    elsif threads > 0 then
      free_rooms[met.at] := most;
    end if;
    offered := offered || l.type::text;
  end loop;
  walked := pg_stat_get_xact_blocks_fetched('job_available_claim_idx'::regclass) - walked;
  plan.trodden := walked > 40 + 8 * cardinality(types);
  plan.rooms := free_rooms;
  plan.room := case when offered <> '{}' and threads > 0 then threads else room end;
  plan.counted := counted;
  plan.offered := offered;
  if offers <> '{}' and threads > 0 then
    if cardinality(types) = 1 then
      perform take_turns(l, offers);
      plan.chosen := array(select o.place from unnest(offers) o);
    else
      plan.chosen := choose_turns(offers, types, free_rooms, from_ranks, from_seqs, threads, alone);
    end if;
  end if;
  if is_timed and coalesce(cardinality(plan.chosen) < plan.room, true) then
    plan.due_ms := next_turn_ms(met_types);
  end if;
  return plan;
end
$$;

-- Chooses what a claim takes of these offers and of what waits beside them, and takes the turns and tokens of what it chose.
create function choose_turns(offers turn[], types text[], rooms int[], from_ranks int[], from_seqs bigint[], room int, alone boolean)
  returns tid[] language plpgsql
as $$
#variable_conflict use_variable
declare
  chosen tid[];
  l type_limit;
begin
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
        order by k.rank, k.seq limit least(t.room, choose_turns.room)
      ) best
      where t.room > 0
    ) m
    order by m.key limit room);
  for l in select k.* from type_limit k where k.type in (select o.type from unnest(offers) o where o.place = any (chosen)) order by k.type loop
    perform take_turns(l, array(select o from unnest(offers) o where o.type = l.type and o.place = any (chosen)));
  end loop;
  return chosen;
end
$$;

-- Notes which group had the last turn, and takes the tokens: also of one that somebody else takes away at this moment, and so never
-- one too few.
create function take_turns(l type_limit, taken turn[]) returns void language plpgsql
as $$
declare
  last constant text := taken[cardinality(taken)].group_key;
begin
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

-- True if a job of these limited types could be claimed.
create function turns_wait(limited text[], alone boolean) returns boolean language plpgsql stable
as $$
declare
  l type_limit;
begin
  for l in select k.* from type_limit k where k.type = any (limited) and k.paused_at is null loop
    if coalesce(type_room(l), 1) > 0 and turns_of(l, 1, alone, is_gated(l)) <> '{}' then
      return true;
    end if;
  end loop;
  return false;
end
$$;
