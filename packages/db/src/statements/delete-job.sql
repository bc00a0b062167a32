select delete_job::int as found
from "worker"."delete_job"(job_id => $1);
