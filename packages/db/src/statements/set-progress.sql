select set_progress as kept
from "worker"."set_progress"(its_id => $1, job_seq => $2, its_attempt => $3, its_progress => $4);
