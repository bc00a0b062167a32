-- Adds jobs, each to job and to the place where it waits, and answers only for those that are not new: the place in the list,
-- from 1, and the id. A known id is left as it is. `not_before`: none of them starts earlier. `after_bundle`: the bundle whose
-- stop adds them.
--
-- The list: [{id, type, payload, priority, origin, group_key, start_at, run_after_ms, max_retry_count, max_timeout_retry_count, timeout_ms,
-- payload_version, trace}], without unique keys; where the list may hold some, ask store_jobs.
create function store_plain_jobs(list jsonb, bundle uuid default null, not_before timestamptz default null, after_bundle uuid default null)
  returns table (place bigint, id uuid) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  tells_changes boolean := (select h.kinds like '%c%' from heard h);
  seqs bigint[];
  ids uuid[];
  types text[];
  groups text[];
  ranks int[];
  dues timestamptz[];
  waits boolean;
  new_ids jsonb;
begin
  with fresh as (
    -- One bulk insert shares one now(), so the order of adding lives in the sequence: it is drawn in the order of the list.
    insert into job (id, type, payload, priority, origin, bundle_id, after_bundle_id, max_retry_count, max_timeout_retry_count, timeout_ms, group_key,
      payload_version, trace, start_at)
    select a.id, a.type, coalesce(a.payload, 'null'), coalesce(a.priority, 0), a.origin, bundle, after_bundle,
      a.max_retry_count, a.max_timeout_retry_count, a.timeout_ms, a.group_key, a.payload_version, a.trace,
      greatest(coalesce(a.start_at, now() + a.run_after_ms * interval '1 ms'), not_before)
    from rows from (jsonb_to_recordset(list) as (
      id uuid, type text, payload jsonb, priority int, origin text, start_at timestamptz, run_after_ms double precision,
      max_retry_count int, max_timeout_retry_count int, timeout_ms bigint, group_key text, payload_version int, trace jsonb
    )) with ordinality as a (id, type, payload, priority, origin, start_at, run_after_ms, max_retry_count, max_timeout_retry_count, timeout_ms,
      group_key, payload_version, trace, place)
    order by a.place
    on conflict (id) do nothing
    returning seq, id, type, priority, group_key, start_at
  )
  select array_agg(f.seq), array_agg(f.id), array_agg(f.type), array_agg(coalesce(f.group_key, '')), array_agg(~f.priority), array_agg(f.start_at),
    bool_or(f.start_at > now())
  into seqs, ids, types, groups, ranks, dues, waits from fresh f;

  insert into job_available (seq, type, group_key, rank)
  select u.seq, u.type, u.its_group, u.rank from unnest(seqs, types, groups, ranks, dues) as u (seq, type, its_group, rank, due) where u.due is null or u.due <= now();
  if waits then
    insert into job_scheduled (start_at, seq, type, group_key, rank)
    select u.due, u.seq, u.type, u.its_group, u.rank from unnest(seqs, types, groups, ranks, dues) as u (seq, type, its_group, rank, due) where u.due > now();
  end if;
  if tells_changes then
    perform tell_added(seqs);
  end if;
  if cardinality(ids) is distinct from jsonb_array_length(list) then
    -- Asked as the keys of an object: joining the two lists would be quadratic without hashing.
    new_ids := (select coalesce(jsonb_object_agg(i.id, true), '{}') from unnest(ids) as i (id));
    return query
    select a.place, (a.job ->> 'id')::uuid from jsonb_array_elements(list) with ordinality as a (job, place)
    where not new_ids ? ((a.job ->> 'id')::uuid)::text;
  end if;
end
$$;

-- The same for jobs that differ in nothing but id and payload, under ids that nobody has: {alike, ids, payloads}. What they have
-- in common is read and checked once, and no id is asked for: two thirds of the cost for the many that are added at once.
create function store_alike_jobs(list jsonb, bundle uuid default null, not_before timestamptz default null) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  -- Of the columns' domains, which check a value when it is assigned here, and not again for each row.
  its_type job_type not null := list #>> '{alike,type}';
  its_origin short_name := list #>> '{alike,origin}';
  its_priority int not null := coalesce((list #>> '{alike,priority}')::int, 0);
  its_retries retry_limit := list #>> '{alike,max_retry_count}';
  its_timeout_retries retry_limit := list #>> '{alike,max_timeout_retry_count}';
  its_timeout milliseconds := list #>> '{alike,timeout_ms}';
  its_group unique_key := list #>> '{alike,group_key}';
  its_version positive := list #>> '{alike,payload_version}';
  its_trace jsonb := list #> '{alike,trace}';
  due timestamptz := greatest(coalesce((list #>> '{alike,start_at}')::timestamptz,
    now() + (list #>> '{alike,run_after_ms}')::double precision * interval '1 ms'), not_before);
  seqs bigint[];
begin
  with fresh as (
    insert into job (id, type, payload, priority, origin, bundle_id, max_retry_count, max_timeout_retry_count, timeout_ms, group_key, payload_version, trace, start_at)
    select a.id, its_type, a.payload, its_priority, its_origin, bundle, its_retries, its_timeout_retries, its_timeout, its_group, its_version, its_trace, due
    from rows from (unnest((list ->> 'ids')::uuid[]), jsonb_array_elements(list -> 'payloads')) with ordinality as a (id, payload, place)
    order by a.place
    returning seq
  )
  select array_agg(f.seq) into seqs from fresh f;

  if due > now() then
    insert into job_scheduled (start_at, seq, type, group_key, rank)
    select due, u.seq, its_type, coalesce(its_group, ''), ~its_priority from unnest(seqs) as u (seq);
  else
    insert into job_available (seq, type, group_key, rank)
    select u.seq, its_type, coalesce(its_group, ''), ~its_priority from unnest(seqs) as u (seq);
  end if;
  if (select h.kinds like '%c%' from heard h) then
    perform tell_added(seqs);
  end if;
end
$$;

-- Tells listeners of new jobs.
create function tell_added(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into event (kind, job_id, job_type, origin, bundle_id, current)
  select 'c', j.id, j.type, j.origin, j.bundle_id, case when j.start_at > now() then 'scheduled' else 'available' end
  from unnest(seqs) as u (seq) cross join lateral (select * from job where job.seq = u.seq limit 1) j;
  perform wake('event');
end
$$;

-- Adds jobs of which some hold a unique key: at most one unfinished job has it. Where another one does, the answer is that job's
-- id.
--
-- Keys are taken in their order, so that two callers with the same keys never wait for each other crosswise. A key that an
-- open transaction has taken is waited for, at most `patience`; null waits as the caller's own settings say.
create function store_keyed_jobs(list jsonb, bundle uuid default null, not_before timestamptz default null, patience text default null)
  returns table (place bigint, id uuid) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  asked record;
  holder uuid;
  tells_changes boolean := changes_are_heard();
begin
  if patience is not null then
    perform set_config('lock_timeout', patience, true);
  end if;
  for asked in
    with listed as materialized (
      select nextval('job_seq_seq') as seq, a.*, greatest(coalesce(a.start_at, now() + a.run_after_ms * interval '1 ms'), not_before) as due_at
      from rows from (jsonb_to_recordset(list) as (
        id uuid, type text, payload jsonb, priority int, origin text, start_at timestamptz, run_after_ms double precision,
        max_retry_count int, max_timeout_retry_count int, timeout_ms bigint, unique_key text, group_key text, payload_version int, trace jsonb
      )) with ordinality as a (id, type, payload, priority, origin, start_at, run_after_ms, max_retry_count, max_timeout_retry_count, timeout_ms,
        unique_key, group_key, payload_version, trace, place)
    )
    select * from listed l order by l.unique_key nulls first, l.place
  loop
    holder := hold_key(asked.id, asked.unique_key, asked.seq);
    if holder is null then
      insert into job (seq, id, type, payload, priority, origin, bundle_id, max_retry_count, max_timeout_retry_count, timeout_ms, unique_key, group_key, start_at,
        payload_version, trace)
      values (asked.seq, asked.id, asked.type, coalesce(asked.payload, 'null'), coalesce(asked.priority, 0), asked.origin, bundle,
        asked.max_retry_count, asked.max_timeout_retry_count, asked.timeout_ms, asked.unique_key, asked.group_key, asked.due_at,
        asked.payload_version, asked.trace)
      on conflict (id) do nothing;
      if not found then -- the same id came in at the same moment, under another key
        delete from job_key k where k.key = asked.unique_key and k.seq = asked.seq;
        holder := asked.id;
      elsif asked.due_at > now() then
        insert into job_scheduled (start_at, seq, type, group_key, rank, keyed)
        values (asked.due_at, asked.seq, asked.type, coalesce(asked.group_key, ''), ~coalesce(asked.priority, 0), asked.unique_key is not null);
      else
        insert into job_available (seq, type, group_key, rank, keyed)
        values (asked.seq, asked.type, coalesce(asked.group_key, ''), ~coalesce(asked.priority, 0), asked.unique_key is not null);
      end if;
      if holder is null and tells_changes then
        insert into event (kind, job_id, job_type, origin, bundle_id, current)
        values ('c', asked.id, asked.type, asked.origin, bundle, case when asked.due_at > now() then 'scheduled' else 'available' end);
      end if;
    end if;
    if holder is not null then
      place := asked.place;
      id := holder;
      return next;
    end if;
  end loop;
  if tells_changes then
    perform wake('event');
  end if;
end
$$;

-- Takes a unique key for a new job; answers null if it has it now, else the id of the job that stands in its way.
create function hold_key(job_id uuid, wanted text, job_seq bigint) returns uuid language plpgsql
  set search_path from current
as $$
declare
  holder uuid;
begin
  loop
    -- A repeated id is a duplicate in whatever state its job is, key or no key.
    select j.id into holder from job j where j.id = job_id;
    exit when found or wanted is null;
    insert into job_key (key, seq) values (wanted, job_seq) on conflict (key) do nothing;
    exit when found;
    select j.id into holder from job_key k join job j on j.seq = k.seq where k.key = wanted;
    exit when found;
    -- Its holder stopped between the two statements: the key is free again.
  end loop;
  return holder;
end
$$;

-- Adds jobs with or without keys, alike or not.
create function store_jobs(list jsonb, bundle uuid default null, not_before timestamptz default null, patience text default null)
  returns table (place bigint, id uuid) language plpgsql
  set search_path from current
as $$
begin
  if jsonb_typeof(list) = 'object' then
    perform store_alike_jobs(list, bundle, not_before);
  elsif jsonb_path_exists(list, '$[*].unique_key ? (@ != null)') then
    return query select k.place, k.id from store_keyed_jobs(list, bundle, not_before, patience) k;
  else
    return query select p.place, p.id from store_plain_jobs(list, bundle, not_before) p;
  end if;
end
$$;

-- What producers may call: jobs of no bundle. To name a bundle without counting its new member is nobody's right outside.
-- `commits` says that nothing else follows in this transaction, which spares most of many such adds their notification.
create function insert_plain_jobs(list jsonb, commits boolean default false) returns table (place bigint, id uuid) language plpgsql
  set search_path from current
as $$
begin
  if commits then
    perform set_config('jobqueue.commits', 'on', true);
  end if;
  if jsonb_typeof(list) = 'object' then
    perform store_alike_jobs(list);
  else
    return query select p.place, p.id from store_plain_jobs(list) p;
  end if;
end
$$;

-- The same for jobs of which some may hold a unique key.
create function insert_jobs(list jsonb, patience text default null) returns table (place bigint, id uuid) language plpgsql
  set search_path from current
as $$
begin
  return query select s.place, s.id from store_jobs(list, patience => insert_jobs.patience) s;
end
$$;
