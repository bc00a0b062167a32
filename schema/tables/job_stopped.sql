-- Jobs whose last attempt has ended. Append only, until retention or an operator deletes.
create table job_stopped (
  seq bigint primary key,
  outcome stopped_as not null,
  attempt int not null,
  retries int not null,
  timeout_retries int not null,
  crashes smallint not null,
  worker_id uuid,
  started_at timestamptz,
  stopped_at timestamptz not null,
  cancel_requested_at timestamptz,
  error_msg message,
  error_data jsonb,
  result jsonb,
  progress jsonb
-- Vacuumed by what is added too: else its newest pages would stand in no range of the index by minute.
) with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);

-- Serves getJobs of those that failed, were cancelled or are dead, newest first: few among many, and none on the way of success.
create index job_stopped_unsuccessful_idx on job_stopped (outcome, seq) where outcome <> 's';
-- Serves the statistics, which read what stopped since some minute. A range of pages is told a minute once, so that a settle that
-- is not the first of its minute writes nothing here.
create index job_stopped_minute_idx on job_stopped using brin
  (date_bin('1 minute', stopped_at, timestamptz '2000-01-01 00:00:00+00')) with (pages_per_range = 32);
