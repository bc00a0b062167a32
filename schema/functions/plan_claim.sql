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
-- one too few: a claim of one type gives them back.
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
