select delete_finished_jobs as deleted
from "worker"."delete_finished_jobs"(older_than => $1, most => $2);
