-- Unique keys that are held: inserted with their job, deleted by whatever stops it.
create table job_key (
  key text primary key,
  seq bigint not null
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);
