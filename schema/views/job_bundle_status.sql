-- A bundle and its counts: one row a bundle, whose columns stay. First come the columns of go-jobqueue, by the names and in the
-- order that its users know. What is added when it stops is left out: it holds payloads.
create view job_bundle_status as
select b.id, b.type, b.origin, b.num_jobs, b.num_stopped as num_jobs_stopped, b.updated_at, b.created_at,
  b.num_failed as num_jobs_failed, b.sealed, b.epoch, b.stopped_at
from job_bundle b;

comment on view job_bundle_status is 'One row a bundle: its counts, and when it stopped.';
