select reset_jobs as reset
from "worker"."reset_jobs"(ids => $1, cancels => $2);
