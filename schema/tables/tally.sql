-- What happened so often since the queue is: for metrics, read by whoever measures. Rises only, in the transaction that did it.
create table tally (
  -- deleted: rows that retention has deleted, by their table; missed: ticks without a job, by the name of their schedule; mismatched:
  -- bundles whose counts did not agree with their members
  what text collate "C" not null check (what in ('deleted', 'missed', 'mismatched')),
  name text collate "C" not null default '',
  times bigint not null,
  primary key (what, name)
) with (fillfactor = 50);
