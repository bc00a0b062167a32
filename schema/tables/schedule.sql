-- Schedules: each adds a job at its times. Whoever moves one to its next time holds its row, so that there is one job a tick over any
-- number of processes, and nobody leads.
create table schedule (
  name text collate "C" not null check (length(name) between 1 and 100),
  key text collate "C" not null check (octet_length(key) <= 512),
  owner text not null check (length(owner) between 1 and 100),
  -- What was asked, without the payload of its jobs, which stands in the template.
  spec jsonb not null,
  -- Of its jobs, in the form that store_jobs takes.
  template jsonb not null,
  -- Its times: by one of these three. A rule is a function that some processes know by this name.
  cron text,
  time_zone text,
  every_ms double precision,
  rule text,
  misfire text not null check (misfire in ('skip', 'once', 'all')),
  no_overlap boolean not null,
  -- It ends after so many successful runs.
  max_runs int check (max_runs > 0),
  -- Rises whenever the times may have changed: who has computed the next one by older ones writes nothing.
  revision int not null default 1,
  -- A process that knows the rule shall find the first time after this.
  plan_from timestamptz,
  next_run_at timestamptz,
  -- Its time has come, and a run before must end first.
  waits boolean not null default false,
  last_run_at timestamptz,
  last_job_id uuid,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  consecutive_failures int not null default 0,
  success_count int not null default 0,
  paused_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (name, key),
  check (num_nonnulls(cron, every_ms, rule) = 1)
) with (fillfactor = 50);

-- Serves the question for what is due, and for the earliest time.
create index schedule_due_idx on schedule (next_run_at) where next_run_at is not null and paused_at is null and not waits;
-- Serves those who know a rule and look for what has no time yet.
create index schedule_unplanned_idx on schedule (rule) where plan_from is not null and paused_at is null;
-- Serves sync_schedules.
create index schedule_owner_idx on schedule (owner);

-- The jobs of schedules, each from its tick until the schedule has counted its end. What stops a job notes its end here and asks
-- nobody: the schedule's row may be held by a caller.
create table schedule_run (
  seq bigint not null,
  -- One that begins anew after it had stopped is another run; its end before is counted as well.
  nth int not null default 0,
  name text collate "C" not null,
  key text collate "C" not null,
  -- How the job stopped: s, f, c, d as in job_stopped, x it was deleted; null, it has not.
  outcome "char" check (outcome in ('s', 'f', 'c', 'd', 'x')),
  ended_at timestamptz,
  primary key (seq, nth)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

-- Serves the question whether a run of a schedule is unfinished.
create index schedule_run_idx on schedule_run (name, key);
-- Serves count_runs.
create index schedule_run_ended_idx on schedule_run (ended_at) where outcome is not null;
