-- One row per process *boot*: a restart is another worker. The heartbeat rewrites it in place, so nothing it changes is indexed.
create table worker (
  id uuid primary key,
  host text not null,
  pid int not null,
  version text not null,
  job_types text[] not null,
  threads int not null,
  -- Stored with the worker, so that nobody judges it by a setting of their own.
  dead_for interval not null,
  started_at timestamptz not null default now(),
  -- Null: it does not beat, and is never taken for dead.
  worker_alive_at timestamptz,
  -- It said goodbye, or was taken for dead.
  stopped_at timestamptz,
  -- Attempts since its start that it settled, by outcome, as it last told.
  succeeded bigint not null default 0,
  failed bigint not null default 0,
  timed_out bigint not null default 0,
  cancelled bigint not null default 0,
  released bigint not null default 0
) with (fillfactor = 50);

-- Workers that wait for nothing but a wake-up, and the types they would take. Adders read it and send no NOTIFY to nobody.
create table sleeper (
  worker_id uuid primary key,
  job_types text[] not null
) with (fillfactor = 50);

-- Up to which place workers may have begun what they claimed ahead: one row for each of them that does, rewritten in place,
-- instead of one write for each job.
create table worker_begun (
  worker_id uuid primary key,
  through bigint not null,
  -- When it said so last: whatever may have begun began no later, unless it would have been told since.
  at timestamptz not null default now()
) with (fillfactor = 50);

-- The one worker whose threads run dry for a job that must run alone.
create table solo_turn (
  worker_id uuid not null,
  ends_at timestamptz not null,
  only_row boolean primary key default true check (only_row)
);
