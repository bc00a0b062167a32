-- Deletes a job wherever it stands: its place first, and the job only if this statement removed the place, so that nobody
-- who moves it at the same moment leaves an orphan. A running attempt is lost. The bundle is counted and may stop.
create function delete_job(job_id uuid) returns boolean language plpgsql
  set search_path from current
as $$
declare
  j job;
  place record;
begin
  for round in 1 .. 1000 loop
    select * into j from job where id = job_id;
    if j.id is null then
      return false;
    end if;
    select * into place from take_any_place(j);
    if found then
      perform forget_jobs(array[j.seq]);
      if j.bundle_id is not null then
        perform count_members(array[j.bundle_id], array[place.was_stopped and place.outcome <> 's'], case when place.was_stopped then -1 else 0 end, -1);
      end if;
      return true;
    end if;
  end loop;
  raise exception 'job % stands in no table', job_id;
end
$$;

-- The same as take_place, for jobs that run or have stopped as well.
create function take_any_place(j job) returns table (was_stopped boolean, outcome "char") language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  return query select false, null::"char" from take_place(j);
  if found then
    return;
  end if;
  return query delete from job_running r where r.seq = j.seq returning false, null::"char";
  if found then
    perform wake('cancel');
    perform wake_for_room(limited_of(array[j.type]));
    return;
  end if;
  return query delete from job_stopped s where s.seq = j.seq returning true, s.outcome::"char";
end
$$;

-- What remains of jobs whose places are gone.
create function forget_jobs(seqs bigint[]) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  perform free_keys(seqs);
  delete from job_attempt a where a.seq = any (seqs);
  delete from job_log l where l.seq = any (seqs);
  delete from job j where j.seq = any (seqs);
end
$$;

-- Deletes a bundle with its members: the members as above until none is left, and the bundle last, in a savepoint that is
-- rolled back if a member has appeared meanwhile. (Locking the members and then the bundle left orphans under load.)
create function delete_bundle(bundle uuid) returns boolean language plpgsql
  set search_path from current
as $$
begin
  loop
    perform delete_members(bundle);
    begin
      delete from job_bundle where id = bundle;
      if not found then
        return false;
      end if;
      if exists (select from job where bundle_id = bundle) then
        raise exception using errcode = 'JQ001';
      end if;
      return true;
    exception when sqlstate 'JQ001' then
      null;
    end;
  end loop;
end
$$;

-- Deletes members in the order of their sequences, without counting them: their bundle goes too.
create function delete_members(bundle uuid) returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  member record;
begin
  perform hold_places(array(select seq from job where bundle_id = bundle));
  for member in select id from job where bundle_id = bundle order by seq loop
    perform delete_member(member.id);
  end loop;
end
$$;

-- Deletes a member without counting it: its bundle goes too.
create function delete_member(job_id uuid) returns void language plpgsql
  set search_path from current
as $$
declare
  j job;
begin
  for round in 1 .. 1000 loop
    select * into j from job where id = job_id;
    if j.id is null then
      return;
    end if;
    perform from take_any_place(j);
    if found then
      perform forget_jobs(array[j.seq]);
      return;
    end if;
  end loop;
  raise exception 'job % stands in no table', job_id;
end
$$;
