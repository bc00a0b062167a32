-- Clears away what nobody needs: events that every listener has had time for, rows of processes that are gone.
-- Notes which types of jobs are known to those that live, looks whether bundles are counted well, and counts what stopped, last of
-- all: who deletes waits for that.
create function keep() returns void language plpgsql
  set search_path from current
as $$
begin
  perform keep_events();
  delete from worker w where w.stopped_at < now() - interval '1 day'
    and not exists (select from job_running r where r.worker_id = w.id);
  delete from worker_begun b where not exists (select from worker w where w.id = b.worker_id);
  perform keep_limits();
  perform know_live_types();
  delete from tally t where t.what = 'missed' and not exists (select from schedule s where s.name = t.name);
  perform check_bundles();
  perform fold_minutes();
end
$$;
