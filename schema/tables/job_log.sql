-- What handlers said: the lines of `context.log`, those of attempts that succeeded too. Append only; an attempt that says nothing
-- has nothing here, and nothing in any other table knows of it.
create table job_log (
  seq bigint not null,
  attempt int not null,
  -- From 1, as the attempt counts them.
  line int not null,
  at timestamptz not null,
  -- d debug, i info, w warn, e error
  level "char" not null check (level in ('d', 'i', 'w', 'e')),
  message text,
  fields jsonb not null,
  primary key (seq, attempt, line)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
