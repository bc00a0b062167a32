-- Attempts in hand. Every write of a worker names (seq, attempt, worker_id) and acts only while that row stands here.
-- The limits are those that the claim resolved, so that any reaper can judge. Not indexed by worker: such an index would
-- cost WAL at every claim, and nobody asks by worker.
create table job_running (
  seq bigint primary key,
  attempt int not null,
  worker_id uuid not null,
  bundle_id uuid,
  started_at timestamptz not null,
  -- started_at plus the timeout; null without one.
  deadline timestamptz,
  retries int not null,
  timeout_retries int not null,
  crashes smallint not null,
  max_retries int not null,
  max_timeout_retries int not null,
  max_crashes smallint not null,
  keyed boolean not null,
  cancel_requested_at timestamptz,
  -- Somebody wished to reset the job: the attempt is cancelled and its end leads to job_available.
  reset_requested boolean not null default false,
  -- Claimed ahead of a free thread: its place in the order in which its worker begins them. Beyond what worker_begun says it has
  -- surely not begun: its worker's death is no crash of its, and its time does not run. Null once its beginning was told.
  ahead bigint,
  progress jsonb,
  -- Only of types whose number is limited: by these they are counted.
  type text,
  group_key text collate "C"
-- Half of each page is left free: progress and wishes then rewrite a row in place (HOT), touching no index.
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

-- Serves the claim's counting where a type's number is limited, and holds nothing else.
create index job_running_limited_idx on job_running (type, group_key) where type is not null;
