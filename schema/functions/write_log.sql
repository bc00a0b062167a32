-- Keeps lines of attempts, each only while its worker holds that attempt, or where that attempt was the job's success: a handler
-- may go on for a while behind its own transaction. `logs`: [{worker_id, seq, attempt, lines: [{line, ago_ms, level, message,
-- fields}]}], by their sequences. A line that is there already is the same one, whose reply was lost.
--
-- Answers what was not written: 'busy', for what somebody's transaction holds, and 'lost'. The rows are locked against nothing but
-- their deletion, so that no line outlives its job, and progress and wishes wait for nobody.
create function write_log(logs jsonb) returns table (seq bigint, attempt int, verdict text) language plpgsql
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  said record;
begin
  for said in
    select u.* from jsonb_to_recordset(logs) as u (worker_id uuid, seq bigint, attempt int, lines jsonb) order by u.seq, u.attempt
  loop
    perform from job_running r
    where r.seq = said.seq and case when r.attempt = said.attempt then r.worker_id = said.worker_id else false end for key share skip locked;
    if not found then
      perform from job_stopped s
      where s.seq = said.seq and s.attempt = said.attempt and s.worker_id = said.worker_id and s.outcome = 's' for key share skip locked;
    end if;
    if found then
      insert into job_log (seq, attempt, line, at, level, message, fields)
      select said.seq, said.attempt, l.line, now() - l.ago_ms * interval '1 ms', l.level, l.message, l.fields
      from jsonb_to_recordset(said.lines) as l (line int, ago_ms double precision, level "char", message text, fields jsonb)
      on conflict do nothing;
    else
      seq := said.seq;
      attempt := said.attempt;
      -- Of one that has succeeded: its row was there, and in other hands.
      verdict := case verdict_of(said.seq, said.attempt, said.worker_id, 's') when 'lost' then 'lost' else 'busy' end;
      return next;
    end if;
  end loop;
end
$$;
