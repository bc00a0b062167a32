select cancel_job as verdict
from "worker"."cancel_job"(job_id => $1);
