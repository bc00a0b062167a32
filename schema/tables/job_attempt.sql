-- Ended attempts that did not succeed. The key is the second guard of the fence: no attempt is recorded twice.
create table job_attempt (
  seq bigint not null,
  attempt int not null,
  worker_id uuid not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  -- f failed, t timed out, k crashed, c cancelled, r released, z snoozed
  outcome "char" not null check (outcome in ('f', 't', 'k', 'c', 'r', 'z')),
  error_msg text,
  error_data jsonb,
  primary key (seq, attempt)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
