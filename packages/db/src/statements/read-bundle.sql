select (to_jsonb(b) - 'when_stopped')::text as "row"
from "worker"."job_bundle" as "b"
where "b"."id" = $1;
