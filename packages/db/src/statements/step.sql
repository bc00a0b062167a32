select *
from "worker"."step"(worker_id => $1, ends => $2, wanted => $3, room => $4, idle => $5, max_crashes => $6, begins => $7, at_once => $8);
