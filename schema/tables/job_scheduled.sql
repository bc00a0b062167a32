-- Jobs that wait for their time: planned ones, and retries (`retrying`) between two attempts. They stand in a table of
-- their own so that the claim's index holds nothing that may not be claimed.
create table job_scheduled (
  start_at timestamptz not null,
  seq bigint not null,
  type text not null,
  group_key text collate "C" not null default '',
  rank int not null,
  attempt int not null default 0,
  retries int not null default 0,
  timeout_retries int not null default 0,
  crashes smallint not null default 0,
  keyed boolean not null default false,
  retrying boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

-- Serves the promoter, which takes from the front, and the question for the earliest due time.
create index job_scheduled_due_idx on job_scheduled (start_at);
-- Serves what names a job: cancel, reset, delete, reads.
create unique index job_scheduled_seq_idx on job_scheduled (seq);
