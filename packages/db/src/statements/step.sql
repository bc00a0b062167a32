select *
from "worker"."step"(worker_id => $1, done => $2, attempts => $3, results => $4, bundles => $5, keyed => $6, ends => $7, types => $8, rooms => $9, max_retries => $10, max_timeout_retries => $11, timeouts => $12, room => $13, idle => $14, max_crashes => $15, begins => $16, at_once => $17);
