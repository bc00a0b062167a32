-- Deletes every job and bundle, while schedules go on, in one transaction, the caller's: where others are at them it waits for these, and they for its end.
-- The client goes in batches instead, each a transaction: begin_deletion, delete_bundles_up_to, delete_jobs_up_to.
-- What is added meanwhile may stay. No bundle stops by it, and nobody is told. Sequences go on, for they are part of the fence: an
-- attempt of before is lost for ever.
create function delete_everything() returns void language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  most constant int := 2147483647;
  ends record;
  seqs bigint[];
begin
  select * into ends from begin_deletion();
  if found then
    seqs := array(select j.seq from job j where j.seq <= ends.last_seq);
    perform hold_places(seqs);
    perform hold_keys_of(seqs);
    perform delete_bundles_up_to(ends.last_bundle, most);
    perform delete_jobs_up_to(ends.last_seq, most);
  end if;
end
$$;

-- Deletes all at once where nobody is at it, now or in a moment, and answers no row. Elsewhere one row: how far what is there goes,
-- so that a deletion in batches ends however much is added meanwhile.
create function begin_deletion() returns table (last_bundle uuid, last_seq bigint) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  for tries in 1 .. 5 loop
    if truncate_everything() then
      return;
    end if;
    perform pg_sleep(random() * 0.02);
  end loop;
  return query select (select b.id from job_bundle b order by b.id desc limit 1), (select j.seq from job j order by j.seq desc limit 1);
end
$$;

-- Others come to the tables in other orders: so it waits for none of them, and no wait can become a deadlock. False: somebody is
-- at one of them, or at a schedule that waits for a run of before, and nothing was done.
create function truncate_everything() returns boolean language plpgsql
  set search_path from current
as $$
begin
  lock table job, job_scheduled, job_available, job_running, job_stopped, job_attempt, job_log, job_key, job_bundle, schedule_run in access exclusive mode nowait;
  perform from schedule s where s.waits for update nowait;
  perform from folding for share nowait;
  perform fold_stopped((select f.folded_until from folding f), 'infinity');
  truncate job, job_scheduled, job_available, job_running, job_stopped, job_attempt, job_log, job_key, job_bundle, schedule_run continue identity;
  update schedule set waits = false where waits;
  perform wake('cancel');
  return true;
exception when lock_not_available then
  return false;
end
$$;

-- Deletes bundles from `first` to `last`, about as many as have `most` members, and one at least; answers the id it came to, from
-- where the next batch goes on. Null: none is left, or all went at once.
create function delete_bundles_up_to(last uuid, most int, first uuid default '00000000-0000-0000-0000-000000000000') returns uuid language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  bundles uuid[];
begin
  if truncate_everything() then
    return null;
  end if;
  bundles := array(
    select b.id from (
      select k.id, sum(k.num_jobs) over (order by k.id rows between unbounded preceding and 1 preceding) as members
      from (select * from job_bundle where id between first and last order by id limit most) k
    ) b
    where b.members < most or b.members is null order by b.id);
  perform delete_bundles(bundles);
  return bundles[cardinality(bundles)];
end
$$;

-- The same for up to `most` jobs of no bundle, by their sequences.
create function delete_jobs_up_to(last bigint, most int, first bigint default 0) returns bigint language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  seqs bigint[];
  one record;
begin
  if truncate_everything() then
    return null;
  end if;
  seqs := array(select j.seq from job j where j.seq between first and last and j.bundle_id is null order by j.seq limit most);
  perform hold_places(seqs);
  perform hold_keys_of(seqs);
  for one in select j.id from job j where j.seq = any (seqs) order by j.seq loop
    perform delete_job(one.id);
  end loop;
  return seqs[cardinality(seqs)];
end
$$;
