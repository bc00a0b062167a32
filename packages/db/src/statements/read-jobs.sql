select to_jsonb(s)::text as row
from (
  select j.seq
  from "worker"."job" j
  where j."type" = $1 and j."origin" = $2 and j."unique_key" = $3 and (j.bundle_id, j.seq) > ($4::uuid, $5::bigint) and j.bundle_id <= $6::uuid
  order by j.bundle_id, j.seq
  limit $7) page
cross join lateral (
  select *
  from "worker"."job_status" j
  where j.seq = page.seq
  limit 1) s
order by s.seq asc;
