select to_jsonb(s)::text as row
from "worker"."schedule_status" s
where true and s.name = $1 and s.key = $2 and s.owner = $3 and (s.name, s.key) > ($4, $5)
order by s.name, s.key
limit $6;
