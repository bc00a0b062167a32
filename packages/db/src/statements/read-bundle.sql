select to_jsonb(b)::text as "row"
from "worker"."job_bundle_status" as "b"
where "b"."id" = $1;
