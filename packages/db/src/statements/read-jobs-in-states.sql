select to_jsonb(s)::text as row
from (
  select p.seq
  from (
    (
      select p.seq
      from "worker"."job_available" p join "worker"."job" j on j.seq = p.seq and p.type = j.type and p.group_key = coalesce(j.group_key, '') and p.rank = ~j.priority
      where p.solo in (false, true) and j."type" = $1 and j."origin" = $2 and j."unique_key" = $3 and j.bundle_id = $4::uuid and p.seq > $5::bigint
      order by p.seq asc
      limit $6)
    union all (
      select p.seq
      from "worker"."job_stopped" p join "worker"."job" j on j.seq = p.seq
      where p.outcome = 'f' and j."type" = $7 and j."origin" = $8 and j."unique_key" = $9 and j.bundle_id = $10::uuid and p.seq > $11::bigint
      order by p.seq asc
      limit $12)
    union all (
      select p.seq
      from "worker"."job_stopped" p join "worker"."job" j on j.seq = p.seq
      where p.outcome = 's' and j."type" = $13 and j."origin" = $14 and j."unique_key" = $15 and (j.bundle_id, j.seq) > ($16::uuid, $17::bigint) and j.bundle_id <= $18::uuid
      order by j.bundle_id, j.seq
      limit $19)) p
  order by p.seq asc
  limit $20) page
cross join lateral (
  select *
  from "worker"."job_status" j
  where j.seq = page.seq
  limit 1) s
order by s.seq asc;
