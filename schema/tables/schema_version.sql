-- What has been applied, in order; the newest row is the schema's version.
create table schema_version (
  version int primary key,
  name text not null,
  applied_at timestamptz not null default now()
);
