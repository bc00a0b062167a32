select to_jsonb(j)::text as row
from "worker"."job_status" j
where j."id" = $1 and j."type" = $2 and j."origin" = $3 and j."unique_key" = $4 and j.bundle_id = $5::uuid and j.seq > $6::bigint
limit $7;
