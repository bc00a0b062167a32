-- The pump's round trip: settles what ended and claims what fits, in one commit. The answer is one list of rows: what was
-- claimed ('claimed'), what did not settle ('busy', 'lost'), when the first retry is due ('due', by next_due_ms), and 'silent'
-- where this worker has not beaten for too long and gets nothing.
--
-- An idle worker, which runs nothing else, first takes one job that must run alone.
create function step(worker_id uuid, ends jsonb, wanted jsonb, room int, idle boolean, max_crashes int) returns setof step_row language plpgsql
  set search_path from current
as $$
declare
  verdict step_row;
begin
  if jsonb_array_length(ends) > 0 then
    for verdict.kind, verdict.seq, verdict.attempt, verdict.next_due_ms in
      select coalesce(s.verdict, 'due'), s.seq::text, s.attempt, s.next_due_ms::text from settle_attempts(ends) s
    loop
      return next verdict;
    end loop;
  end if;
  if room > 0 then
    if idle then
      return query select * from claim_jobs(worker_id, wanted, 1, true, max_crashes);
    end if;
    if not idle or not found then
      return query select * from claim_jobs(worker_id, wanted, room, false, max_crashes);
    end if;
    if not found and not is_alive(worker_id) then
      verdict := null;
      verdict.kind := 'silent';
      return next verdict;
    end if;
  end if;
end
$$;
