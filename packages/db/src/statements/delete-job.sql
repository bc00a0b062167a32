select delete_job as found
from "worker"."delete_job"(job_id => $1);
