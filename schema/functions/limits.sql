-- What began before its type was limited is made to count, too. Only what somebody else writes at this moment is left for the next time.
create function count_running(l type_limit) returns void language plpgsql
as $$
begin
  update job_running g set type = l.type, group_key = coalesce((select j.group_key from job j where j.seq = g.seq), '')
  where g.seq = any (array(
    select r.seq from job_running r
    where r.type is null and exists (select from job j where j.seq = r.seq and j.type = l.type) for update skip locked));
  if found then
    update type_limit k set begun = null where k.type = l.type and k.begun is not null;
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
    cross join lateral (select * from job where job.seq = e.seq limit 1) j), in_groups => false);
end
$$;

-- Has claims of these types ask for more than their order, of those in groups for the next turn.
create function know_limited(types text[], in_groups boolean) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into type_limit as l (type, grouped)
  select distinct t.type, in_groups from unnest(types) as t (type)
  where not exists (select from type_limit l where l.type = t.type and (l.grouped or not in_groups)) order by t.type
  on conflict (type) do update set grouped = true where in_groups;
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
  update type_limit l set grouped = false where l.type = any (array(
    select k.type from type_limit k
    where k.grouped and not exists (select from job_available a where a.type = k.type and a.group_key <> '')
    order by k.type for no key update skip locked));
  delete from type_limit l where l.type = any (array(
    select k.type from type_limit k
    where k.concurrency is null and k.rate_count is null and k.paused_at is null and not k.grouped
      and not exists (select from group_hold h where h.type = k.type)
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
  if num_nonnulls(its_rate_count, its_rate_ms) = 1 then
    raise exception using errcode = 'invalid_parameter_value', message = 'a rate is so many in so much time: one of the two is missing';
  end if;
  -- Its row is locked, and there: whoever lets go of rows that say nothing comes later, or was first.
  insert into type_limit as l (type) values (its_type) on conflict (type) do update set type = excluded.type returning l.* into old;
  update type_limit l set concurrency = its_concurrency, rate_count = its_rate_count, rate_ms = its_rate_ms, per_group = groups, set_at = clock_timestamp(), begun = null
  where l.type = its_type;
  if (old.rate_count, old.rate_ms, old.per_group) is distinct from (its_rate_count, its_rate_ms, groups) then
    update type_limit l set tokens = null, tokens_at = null where l.type = its_type;
    delete from group_bucket b where b.type = its_type;
  end if;
  select * into old from type_limit l where l.type = its_type;
  if old.concurrency is not null then
    perform count_running(old);
  end if;
  perform wake_for_type();
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
    perform wake_for_type();
  end if;
end
$$;

-- While a type was paused nobody slept for it: who sleeps shall look, and sleep for it again.
create function wake_for_type() returns void language plpgsql
  set search_path from current
as $$
begin
  if exists (select from sleeper) then
    perform wake('due');
  end if;
end
$$;
