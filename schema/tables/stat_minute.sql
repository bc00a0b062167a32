-- How many jobs stopped in each minute, and how: what is left of them when their rows are gone. Append only, so that nobody waits
-- for anybody: several rows of one minute, type and outcome add up, and are one once the minute is over.
create table stat_minute (
  minute timestamptz not null,
  type text not null,
  outcome "char" not null,
  jobs bigint not null,
  -- How long their last attempts took, together.
  ran_ms double precision not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);

-- Serves the view of a time, and what deletes the oldest.
create index stat_minute_idx on stat_minute (minute);

-- What stopped before this is in stat_minute; what stopped since is counted where it stands, in job_stopped.
create table folding (
  folded_until timestamptz not null default date_bin('1 minute', now(), timestamptz '2000-01-01 00:00:00+00'),
  only_row boolean primary key default true check (only_row)
) with (fillfactor = 50);
insert into folding default values;
