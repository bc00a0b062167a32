-- What has been applied, in order; the newest row is the schema's version.
create table schema_version (
  version int primary key,
  name text not null,
  -- The schema of this version serves whoever knows this version, or a later one.
  oldest_reader int not null check (oldest_reader between 1 and version),
  applied_at timestamptz not null default now()
);
