select w.id::text, w.host, w.pid, w.version, to_jsonb(w.job_types)::text as job_types, w.threads, coalesce(r.running, 0)::text as running, (extract(epoch
    from w.started_at) * 1000)::text as started_at, (extract(epoch
    from w.worker_alive_at) * 1000)::text as alive_at, (extract(epoch
    from w.stopped_at) * 1000)::text as stopped_at, w.succeeded::text, w.failed::text, w.timed_out::text, w.cancelled::text, w.released::text
from "worker"."worker" w left join (
  select g.worker_id, count(*) as running
  from "worker"."job_running" g
  group by g.worker_id) r on r.worker_id = w.id
order by w.stopped_at is not null, w.started_at desc, w.id desc;
