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
  l type_limit;
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
    select * into l from type_limit k where k.type = its_type for no key update skip locked;
    if l.paused_at is null and not l.grouped and not l.per_group
      and (l.concurrency is null or l.begun + n <= l.concurrency and l.set_at < now() - interval '1 s')
      -- What is not taken after all is given back, which a claim of one type can tell.
      and (l.rate_count is null or cardinality(types) = 1 and tokens_of(l, l.tokens, l.tokens_at) + 1e-6 >= n)
      and not exists (select from group_hold h where h.type = its_type)
    then
      if l.rate_count is not null then
        l.tokens := tokens_of(l, l.tokens, l.tokens_at) - n;
        l.tokens_at := greatest(l.tokens_at, now());
      end if;
      update type_limit k set begun = k.begun + n, tokens = l.tokens, tokens_at = l.tokens_at where k.type = its_type;
      plan.offered := array[its_type];
      plan.counted := case when l.concurrency is null then '{}' else array[its_type] end;
    end if;
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
  is_mine boolean := false;
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
    perform from type_limit k
    where k.type = its_type and k.turn is not distinct from its_turn and k.concurrency is null and k.rate_count is null and k.paused_at is null
    for no key update skip locked;
    is_mine := found and not exists (select from group_hold h where h.type = its_type);
  end if;
  if is_mine then
    update type_limit k set turn = groups[most] where k.type = its_type;
  else
    plan.chosen := null;
  end if;
  plan.room := most;
  plan.offered := array[its_type];
  return plan;
end
$$;
