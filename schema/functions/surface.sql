-- The stable surface, for psql, triggers and every other language: add_job and add_bundle below, cancel_job and reset_job in
-- files of their own, and the views job_status and job_bundle_status. Their names, arguments and answers stay; whatever else
-- stands in this schema is ours to change.
--
-- What cannot be is refused with SQLSTATE 22023, a message that begins with the place (`jobs[2].priority`), and a hint.

create type added_job as (id uuid, status text);

-- Adds a job. 'added', or 'duplicate': with the id of the job that has this id already, or holds this unique key.
create function add_job(
  type text, payload jsonb, id uuid default null, priority int default 0, origin text default 'unknown',
  start_at timestamptz default null, run_after interval default null,
  max_retry_count int default null, max_timeout_retry_count int default null, timeout interval default null, unique_key text default null,
  group_key text default null, payload_version int default null
) returns added_job language plpgsql
  set search_path from current
as $$
declare
  asked jsonb;
  known uuid;
begin
  -- JSON's null is a payload; SQL's null is one that got lost on the way.
  if payload is null then
    perform refuse('payload is null', $hint$Give 'null'::jsonb where there is nothing to say.$hint$);
  end if;
  asked := checked_job('', jsonb_build_object(
    'type', type, 'payload', payload, 'id', id, 'priority', priority, 'origin', origin, 'start_at', start_at, 'run_after', run_after,
    'max_retry_count', max_retry_count, 'max_timeout_retry_count', max_timeout_retry_count, 'timeout', timeout, 'unique_key', unique_key, 'group_key', group_key,
    'payload_version', payload_version
  ), 'unknown');
  select s.id into known from store_jobs(jsonb_build_array(asked)) s;
  return (coalesce(known, (asked ->> 'id')::uuid), case when known is null then 'added' else 'duplicate' end)::added_job;
end
$$;

-- Adds a bundle with all its members and answers its id. Where a bundle of this id exists, nothing is added.
--
-- `jobs` and `when_stopped` are arrays of objects with the names of add_job's arguments; an interval or a time is a string there.
-- Without an origin of its own, a job has the bundle's. No member starts before `start_at`. The jobs of `when_stopped` are added
-- each time the bundle stops, so that an id, a start or a unique key cannot stand there. With `delete_on_success` the bundle and
-- its jobs are deleted some time after it stopped without an error.
create function add_bundle(
  type text, origin text, jobs jsonb, when_stopped jsonb default null, id uuid default null, start_at timestamptz default null,
  delete_on_success boolean default false
) returns uuid language plpgsql
  set search_path from current
as $$
declare
  own jsonb := jsonb_build_object('type', type, 'origin', origin, 'start_at', start_at);
  bundle uuid := coalesce(id, new_id());
  members jsonb := checked_jobs('jobs', jobs, origin);
  templates jsonb := checked_templates(when_stopped, origin);
begin
  perform required_text('', own, 'type'), required_text('', own, 'origin'), moment_option('', own, 'start_at');
  if members is null then
    perform refuse('jobs is empty', 'Such a bundle would stop before it began: give at least one job.');
  end if;
  perform insert_whole_bundle(bundle, type, origin, templates, members, true, start_at, deletes => delete_on_success);
  return bundle;
end
$$;

-- The members of a bundle in the form that store_jobs takes; null if there are none.
create function checked_jobs(place text, list jsonb, bundle_origin text) returns jsonb language plpgsql stable
  set search_path from current
as $$
begin
  if jsonb_typeof(list) is distinct from 'array' then
    perform refuse(format('%s is no array of jobs', place), 'Give [{"type": ..., "payload": ...}, ...], even for a single job.');
  end if;
  return (
    select jsonb_agg(checked_job(format('%s[%s].', place, j.number - 1), j.asked, bundle_origin) order by j.number)
    from jsonb_array_elements(list) with ordinality as j (asked, number));
end
$$;

-- The same for jobs that are added each time the bundle stops: what belongs to one job only cannot stand there.
create function checked_templates(list jsonb, bundle_origin text) returns jsonb language plpgsql stable
  set search_path from current
as $$
declare
  templates jsonb;
  misplaced record;
begin
  if list is null or list = 'null' then
    return null;
  end if;
  templates := checked_jobs('when_stopped', list, bundle_origin);
  select j.number, own.key into misplaced
  from jsonb_array_elements(templates) with ordinality as j (template, number)
  cross join unnest(array['id', 'start_at', 'unique_key']) as own (key)
  where list -> (j.number - 1)::int ->> own.key is not null limit 1;
  if found then
    perform refuse(format('when_stopped[%s].%s belongs to one job only', misplaced.number - 1, misplaced.key),
      'Leave it out: the jobs of when_stopped are added anew each time the bundle stops, with ids of their own.');
  end if;
  return (select jsonb_agg(j.template - 'id' order by j.number) from jsonb_array_elements(templates) with ordinality as j (template, number));
end
$$;

-- One job in the form that store_jobs takes. `place` is what stands before its names in a message.
create function checked_job(place text, asked jsonb, default_origin text) returns jsonb language plpgsql stable
  set search_path from current
as $$
declare
  known text[] := array['type', 'payload', 'id', 'priority', 'origin', 'start_at', 'run_after', 'max_retry_count', 'max_timeout_retry_count', 'timeout', 'unique_key', 'group_key',
    'payload_version'];
  stranger text;
begin
  if jsonb_typeof(asked) <> 'object' then
    perform refuse(format('%s is no job', rtrim(place, '.')), 'Give an object: {"type": ..., "payload": ...}.');
  end if;
  select key into stranger from jsonb_object_keys(asked) key where key <> all (known) limit 1;
  if found then
    perform refuse(format('%s%s is no option of a job', place, left(stranger, 100)), format('There are: %s.', array_to_string(known, ', ')));
  end if;
  if required_text(place, asked, 'type') !~ '^[A-Za-z0-9_.:/-]{1,100}$' then
    perform refuse(format('%stype %s is no job type', place, left(asked ->> 'type', 100)), 'Use 1 to 100 of A-Z a-z 0-9 _ . : / -');
  end if;
  if not asked ? 'payload' then
    perform refuse(format('%spayload is missing', place), 'Give null where there is nothing to say.');
  end if;
  if length((asked -> 'payload')::text) > 1024 * 1024 then
    perform refuse(format('%spayload is too large', place), 'At most 1048576 characters of JSON are stored. Keep the data elsewhere and pass a reference to it.');
  end if;
  -- Such a number has 309 digits at least, so that few payloads need be looked through.
  if length((asked -> 'payload')::text) > 308 and jsonb_path_exists(asked -> 'payload',
    'strict $.** ? (@.type() == "number" && (@ > 1.7976931348623157e308 || @ < -1.7976931348623157e308))') then
    perform refuse(format('%spayload holds a number beyond double precision', place), 'Workers would read it as Infinity. Give it as a string.');
  end if;
  if given(asked, 'start_at') and given(asked, 'run_after') then
    perform refuse(format('%srun_after stands beside start_at', place), 'Give at most one of the two.');
  end if;
  return jsonb_build_object(
    'type', asked -> 'type',
    'payload', asked -> 'payload',
    'id', coalesce(id_option(place, asked, 'id'), new_id()),
    'priority', whole_option(place, asked, 'priority', -2147483648, 2147483647),
    'origin', coalesce(text_option(place, asked, 'origin', 100), default_origin),
    'start_at', moment_option(place, asked, 'start_at'),
    'run_after_ms', span_option(place, asked, 'run_after'),
    'max_retry_count', whole_option(place, asked, 'max_retry_count', -1, 1000000),
    'max_timeout_retry_count', whole_option(place, asked, 'max_timeout_retry_count', -1, 1000000),
    'timeout_ms', ceil(span_option(place, asked, 'timeout')),
    'unique_key', text_option(place, asked, 'unique_key', 512),
    'group_key', text_option(place, asked, 'group_key', 512),
    'payload_version', whole_option(place, asked, 'payload_version', 1, 2147483647)
  );
end
$$;

-- An option that is null is one that was not given.
create function given(asked jsonb, key text) returns boolean language sql immutable
as $$
  select coalesce(jsonb_typeof(asked -> key), 'null') <> 'null'
$$;

create function required_text(place text, asked jsonb, key text) returns text language plpgsql immutable
  set search_path from current
as $$
begin
  if not given(asked, key) then
    perform refuse(format('%s%s is missing', place, key), 'Give 1 to 100 characters.');
  end if;
  return text_option(place, asked, key, 100);
end
$$;

-- A text of so many characters, or bytes where an index holds it.
create function text_option(place text, asked jsonb, key text, most int) returns text language plpgsql immutable
  set search_path from current
as $$
declare
  size int := case when most > 100 then octet_length(asked ->> key) else length(asked ->> key) end;
begin
  if given(asked, key) and (jsonb_typeof(asked -> key) <> 'string' or size not between 1 and most) then
    perform refuse(format('%s%s will not do', place, key),
      format('Give a text of 1 to %s %s.', most, case when most > 100 then 'bytes' else 'characters' end));
  end if;
  return asked ->> key;
end
$$;

create function whole_option(place text, asked jsonb, key text, lowest bigint, highest bigint) returns bigint language plpgsql immutable
  set search_path from current
as $$
begin
  if not given(asked, key) then
    return null;
  end if;
  if jsonb_typeof(asked -> key) = 'number' then
    if (asked ->> key)::numeric between lowest and highest and (asked ->> key)::numeric % 1 = 0 then
      return (asked ->> key)::numeric;
    end if;
  end if;
  perform refuse(format('%s%s %s will not do', place, key, left(asked ->> key, 100)), format('Give a whole number from %s to %s.', lowest, highest));
end
$$;

create function id_option(place text, asked jsonb, key text) returns uuid language plpgsql immutable
  set search_path from current
as $$
begin
  if given(asked, key) and asked ->> key !~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
    perform refuse(format('%s%s %s is no UUID', place, key, left(asked ->> key, 100)), 'Leave it out for a new one.');
  end if;
  return asked ->> key;
end
$$;

-- Workers read times as ISO 8601 with four digits of a year.
create function moment_option(place text, asked jsonb, key text) returns timestamptz language plpgsql stable
  set search_path from current
as $$
declare
  at timestamptz;
begin
  if not given(asked, key) then
    return null;
  end if;
  begin
    at := case jsonb_typeof(asked -> key) when 'string' then asked ->> key end;
  exception when data_exception then
    at := null;
  end;
  if at between '0001-01-01 00:00:00+00' and '9999-12-31 00:00:00+00' then
    return at;
  end if;
  perform refuse(format('%s%s %s is no time', place, key, left(asked ->> key, 100)), 'Give one such as "2030-01-31T12:00:00Z", before the year 10000.');
end
$$;

-- The milliseconds of an interval, in which a month counts thirty days.
create function span_option(place text, asked jsonb, key text) returns double precision language plpgsql stable
  set search_path from current
as $$
declare
  span_ms double precision;
begin
  if not given(asked, key) then
    return null;
  end if;
  begin
    span_ms := extract(epoch from case jsonb_typeof(asked -> key) when 'string' then asked ->> key end::interval) * 1000;
  exception when data_exception then
    span_ms := null;
  end;
  -- 10,000 years: what is longer is a slip of the pen.
  if span_ms between 0 and 10000 * 365.25 * 86400000 then
    return span_ms;
  end if;
  perform refuse(format('%s%s %s is no length of time', place, key, left(asked ->> key, 100)), 'Give an interval from 0 on, as a string such as "90 seconds" or "2 hours".');
end
$$;

-- UUID version 7 of RFC 9562: it rises with time, so that an index of ids grows at its end.
create function new_id() returns uuid language sql volatile
  set search_path from current
as $$
  select encode(set_bit(set_bit(
    overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;

create function refuse(what text, way_out text) returns void language plpgsql
as $$
begin
  raise exception using errcode = 'invalid_parameter_value', message = what, hint = way_out;
end
$$;

comment on function add_job is 'Adds a job. Answers its id and ''added'', or ''duplicate'' with the id of the job that is there already.';
comment on function add_bundle is 'Adds a bundle with its jobs, an array of objects with the names of add_job''s arguments. Answers its id.';
comment on function cancel_job is 'Cancels a job: ''cancelled'', ''requested'' (it runs, and is told to end), ''alreadyStopped'' or ''notFound''.';
comment on function reset_job is 'Begins a job anew: ''reset'', ''running'' (refused), ''requested'' (with cancels), ''keyHeld'' or ''notFound''.';
