select 'available' as state, count(*)::text as jobs
from "worker"."job_available"
union all select 'running', count(*)::text
from "worker"."job_running"
union all select case when retrying then 'retrying' else 'scheduled' end, count(*)::text
from "worker"."job_scheduled"
group by retrying
union all select case outcome when 's' then 'succeeded' when 'f' then 'failed' when 'c' then 'cancelled' else 'dead' end, count(*)::text
from "worker"."job_stopped"
group by outcome;
