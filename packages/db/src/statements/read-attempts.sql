select to_jsonb(a)::text as row
from "worker"."job" j join "worker"."job_attempt" a on a.seq = j.seq
where j.id = $1
order by a.attempt;
