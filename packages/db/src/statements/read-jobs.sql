select to_jsonb(s)::text as "row"
from "worker"."job_status" as "s"
where "s"."id" = $1 and "s"."bundle_id" = $2 and "s"."type" = $3 and "s"."origin" = $4 and "s"."unique_key" = $5 and "s"."seq" > $6
order by "s"."seq" asc
limit $7;
