select delete_jobs_up_to::text as reached
from "worker"."delete_jobs_up_to"(last => $1, most => $2, first => $3);
