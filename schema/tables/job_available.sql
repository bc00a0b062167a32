-- Jobs that a thread may take now. A row is inserted, perhaps deleted by a claim, and never updated.
create table job_available (
  seq bigint not null,
  type text not null,
  -- '' without one, which costs nothing; jobs of a group are claimed by turns with those of others.
  group_key text collate "C" not null default '',
  -- ~priority, so that the index runs one way: lower first is more urgent first.
  rank int not null,
  attempt int not null default 0,
  retries int not null default 0,
  timeout_retries int not null default 0,
  crashes smallint not null default 0,
  -- Its end frees a unique key or counts for a schedule.
  keyed boolean not null default false,
  -- Its process died once: it is claimed only by a process that runs nothing else.
  solo boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

-- Serves claim_jobs: within one group of a type its order is the claim's order, so `limit n` reads n entries and stops.
-- `type in (a, b)` would sort the whole backlog: the claim probes type by type. What names a job finds it here too,
-- since type, group and rank are known from the job.
create unique index job_available_claim_idx on job_available (type, solo, group_key, rank, seq);

-- Serves know_groups, and tells keep_limits that a type has groups: it holds nothing where there are none.
create index job_available_grouped_idx on job_available (type) where group_key <> '';
