select reset_job as verdict
from "worker"."reset_job"(job_id => $1, cancels => $2);
