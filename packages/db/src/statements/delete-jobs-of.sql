select delete_jobs_of as deleted
from "worker"."delete_jobs_of"(its_origin => $1, its_type => $2, most => $3);
