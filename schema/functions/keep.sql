-- Clears away what nobody needs: events that every listener has had time for, rows of processes that are gone.
-- And notes which types of jobs are known to those that live.
create function keep() returns void language plpgsql
  set search_path from current
as $$
begin
  delete from event where at < now() - interval '10 minutes';
  delete from listener where seen_at < now() - interval '10 minutes';
  delete from worker w where w.stopped_at < now() - interval '1 day'
    and not exists (select from job_running r where r.worker_id = w.id);
  perform know_live_types();
end
$$;
