-- True while this worker may hold attempts: it is registered, and has beaten within its own `dead_for` or never beats at all.
create function is_alive(its_id uuid) returns boolean language plpgsql stable
  set search_path from current
as $$
begin
  return exists (select from worker w where w.id = its_id and w.stopped_at is null and (w.worker_alive_at is null or w.worker_alive_at > now() - w.dead_for));
end
$$;

-- Registers a process, or brings back one that was taken for dead: what it held then is lost to it, since others have claimed
-- it with higher attempts, so its old id does no harm.
create function beat(its_id uuid, its_host text, its_pid int, its_version text, its_types text[], its_threads int, its_dead_for interval, beats boolean)
  returns void language plpgsql
  set search_path from current
as $$
begin
  update worker set worker_alive_at = case when beats then now() end, stopped_at = null, job_types = its_types, threads = its_threads where id = its_id;
  if not found then
    insert into worker (id, host, pid, version, job_types, threads, dead_for, worker_alive_at)
    values (its_id, its_host, its_pid, its_version, its_types, its_threads, its_dead_for, case when beats then now() end)
    on conflict (id) do update set worker_alive_at = excluded.worker_alive_at, stopped_at = null;
    perform know_types(its_types);
  end if;
end
$$;

-- Renews a process beside what else it asks. False: it was taken for dead, or somebody holds its row; its heartbeat knows better.
create function beat_along(its_id uuid) returns boolean language plpgsql
  set search_path from current
as $$
begin
  update worker w set worker_alive_at = now()
  where w.id = (select k.id from worker k where k.id = its_id and k.stopped_at is null and k.worker_alive_at > now() - k.dead_for for no key update skip locked);
  return found;
end
$$;

-- Keeps what a process says of the attempts that it has settled since its start. Written only where it says something new, and
-- never waited for: whoever holds the row is its heartbeat or a reaper, and the next look says it again.
create function note_settled(its_id uuid, settled jsonb) returns void language plpgsql
  set search_path from current
as $$
begin
  update worker w
  set succeeded = t.succeeded, failed = t.failed, timed_out = t.timed_out, cancelled = t.cancelled, released = t.released
  from jsonb_to_record(settled) as t (succeeded bigint, failed bigint, timed_out bigint, cancelled bigint, released bigint)
  where w.id = (select k.id from worker k where k.id = its_id for no key update skip locked)
    and (w.succeeded, w.failed, w.timed_out, w.cancelled, w.released) is distinct from (t.succeeded, t.failed, t.timed_out, t.cancelled, t.released);
end
$$;

-- The last word of a process that stops cleanly.
create function leave(its_id uuid, settled jsonb default null) returns void language plpgsql
  set search_path from current
as $$
begin
  perform from worker where id = its_id for no key update;
  if settled is not null then
    perform note_settled(its_id, settled);
  end if;
  update worker set stopped_at = now() where id = its_id;
  delete from sleeper where worker_id = its_id;
  delete from solo_turn where worker_id = its_id;
end
$$;

-- Of attempts that a worker believes in: which are lost, and which shall end.
-- Probed by primary key: an index of one's own rows would walk dead entries while an old snapshot holds them.
create function check_attempts(its_id uuid, held jsonb) returns table (seq text, attempt int, news text) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
  select h.seq::text, h.attempt, case when r.seq is null then 'lost' else 'cancelled' end
  from jsonb_to_recordset(held) as h (seq bigint, attempt int)
  left join lateral (
    select g.seq, g.cancel_requested_at from job_running g
    where g.seq = h.seq and case when g.attempt = h.attempt then g.worker_id = its_id else false end limit 1
  ) r on true
  where r.seq is null or r.cancel_requested_at is not null;
end
$$;

-- Keeps what a handler says of its progress; false: the attempt is lost.
create function set_progress(its_id uuid, job_seq bigint, its_attempt int, its_progress jsonb) returns boolean language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off
as $$
begin
  update job_running set progress = its_progress where seq = job_seq and attempt = its_attempt and worker_id = its_id;
  return found;
end
$$;

-- Gives back attempts that this worker holds without knowing: claims whose reply was lost. To be asked while no claim is in flight.
create function release_unknown(its_id uuid, known jsonb) returns int language plpgsql
  set search_path from current
as $$
declare
  ends jsonb;
begin
  select jsonb_agg(jsonb_build_object('seq', r.seq, 'attempt', r.attempt, 'worker_id', r.worker_id, 'outcome', 'r') order by r.seq) into ends
  from job_running r
  where r.worker_id = its_id
    and not exists (select from jsonb_to_recordset(known) as k (seq bigint, attempt int) where k.seq = r.seq and k.attempt = r.attempt);
  if ends is null then
    return 0;
  end if;
  perform settle_attempts(ends);
  return jsonb_array_length(ends);
end
$$;
