select *
from "worker"."step"(worker_id => $1, done => $2, attempts => $3, results => $4, ran_ms => $5, bundles => $6, keyed => $7, ends => $8, types => $9, rooms => $10, from_ranks => $11, from_seqs => $12, max_retries => $13, max_timeout_retries => $14, timeouts => $15, room => $16, idle => $17, max_crashes => $18, begins => $19, ahead_of => $20, begun_through => $21, free => $22);
