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
