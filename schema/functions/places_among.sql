-- Where the first jobs of many types stand, so `many` at most, in the order of claims: few of each are looked at first, and more only of those
-- types whose first all stand before the last of the best. Of fifty types ten jobs are found by sixty probes instead of five hundred.
-- `rooms`: what each type has room for; `beside`: so many more, for what others may have in their hands. `from_ranks`, `from_seqs`: as claim_jobs
-- has them. For claim_jobs alone, whose settings pin these plans.
create function places_among(types text[], rooms int[], from_ranks int[], from_seqs bigint[], room int, beside int, alone boolean)
  returns tid[] language plpgsql stable
as $$
#variable_conflict use_variable
declare
  many constant int := room + beside;
  few constant int := greatest(1, 2 * many / cardinality(types));
begin
  return array(
    with first as materialized (
      select t.place, t.type, t.most, f.ctid, f.rank, f.seq
      from (
        select u.place, u.type, least(u.room, places_among.room) + beside as most, u.from_rank, u.from_seq
        from unnest(types, rooms, from_ranks, from_seqs) with ordinality as u (type, room, from_rank, from_seq, place)
      ) t
      cross join lateral (
        select k.ctid, k.rank, k.seq from job_available k
        where k.type = t.type and k.solo = alone and k.group_key = ''
          and (k.rank, k.seq) >= (coalesce(t.from_rank, -2147483648), coalesce(t.from_seq, 0))
        order by k.rank, k.seq limit least(t.most, few)
      ) f
    ), bound as materialized (
      select f.rank, f.seq from first f order by f.rank, f.seq offset many - 1 limit 1
    )
    select best.ctid
    from (
      select f.ctid, f.rank, f.seq from first f
      union all
      select m.ctid, m.rank, m.seq
      from (
        select distinct on (f.place) f.type, f.most, f.rank, f.seq from first f order by f.place, f.rank desc, f.seq desc
      ) l
      cross join lateral (
        select k.ctid, k.rank, k.seq from job_available k
        where k.type = l.type and k.solo = alone and k.group_key = '' and (k.rank, k.seq) > (l.rank, l.seq)
          and (k.rank, k.seq) <= (coalesce((select b.rank from bound b), 2147483647), coalesce((select b.seq from bound b), 9223372036854775807))
        order by k.rank, k.seq limit greatest(0, l.most - few)
      ) m
      where coalesce((l.rank, l.seq) < ((select b.rank from bound b), (select b.seq from bound b)), true)
    ) best
    order by best.rank, best.seq limit many);
end
$$;
