-- Unique keys that are held: inserted with their job, deleted by whatever stops it.
create table job_key (
  key text primary key,
  seq bigint not null
);
