select set_job_start as verdict
from "worker"."set_job_start"(job_id => $1, at => $2);
