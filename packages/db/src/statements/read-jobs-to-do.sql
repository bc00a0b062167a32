select to_jsonb(s)::text as row
from (
  select j.seq, j.start_at
  from (
    select seq
    from "worker"."job_available"
    union all select seq
    from "worker"."job_running"
    union all select seq
    from "worker"."job_scheduled") p join "worker"."job" j on j.seq = p.seq
  where (j.start_at, j.seq) > ($1::timestamptz, $2::bigint)
  order by j.start_at nulls first, j.seq
  limit $3 ) page
cross join lateral (
  select *
  from "worker"."job_status" j
  where j.seq = page.seq
  limit 1) s
order by page.start_at nulls first, page.seq;
