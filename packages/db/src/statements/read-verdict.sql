select verdict_of as verdict
from "worker"."verdict_of"(job_seq => $1, its_attempt => $2, its_worker => $3, its_outcome => $4);
