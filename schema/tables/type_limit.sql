-- Types of jobs whose claims must ask here: those that are limited or paused, and those whose jobs stand in groups or were held, of
-- which a row without any limit tells. Few queues have many such types, and most have none.
create table type_limit (
  type job_type primary key,
  -- Running at once; null: as many as there are threads.
  concurrency positive,
  -- So many started per so many milliseconds: a bucket of so many tokens, which fills in this time. Both are null, or none, which set_limit
  -- sees to: a check of the table would be parsed and planned anew by each claim.
  rate_count positive,
  rate_ms positive_span,
  -- Both count for each group by itself, jobs without one forming a group of their own.
  per_group boolean not null default false,
  -- Its jobs stand in groups, which take turns.
  grouped boolean not null default false,
  paused_at timestamptz,
  -- When the limit was set. For a while after it, what was claimed without it is looked for, and counted too.
  set_at timestamptz not null default now(),
  -- No fewer than run of it: what was counted once, and all that was claimed since; null: not counted.
  begun int,
  -- What the bucket held at that time; null: it was full.
  tokens double precision,
  tokens_at timestamptz,
  -- The group that had the last turn.
  turn text collate "C"
) with (fillfactor = 50);

-- The buckets of groups, where each has its own. One that is missing is full.
create table group_bucket (
  type text not null,
  group_key text collate "C" not null,
  tokens double precision not null,
  tokens_at timestamptz not null,
  primary key (type, group_key)
) with (fillfactor = 50);

-- Groups of which handlers have said that no job starts before. Only inserted, so that nobody waits for anybody who says so.
create table group_hold (
  type text not null,
  group_key text collate "C" not null,
  until timestamptz not null
);

-- Serves the claim's question whether a group is held.
create index group_hold_idx on group_hold (type, group_key, until);
