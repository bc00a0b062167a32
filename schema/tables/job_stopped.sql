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
);

-- Serves getJobs of those that failed, were cancelled or are dead, newest first: few among many, and none on the way of success.
create index job_stopped_unsuccessful_idx on job_stopped (outcome, seq) where outcome <> 's';
