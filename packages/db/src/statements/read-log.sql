select to_jsonb(l)::text as row
from "worker"."job" j join "worker"."job_log" l on l.seq = j.seq
where j.id = $1 and (l.attempt, l.line) > ($2::int, $3::int)
order by l.attempt, l.line
limit $4;
