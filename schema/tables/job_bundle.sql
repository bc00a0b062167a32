-- Bundles and their counts, which rise and fall by what a statement really moved and never by counting rows. That they fit together
-- is held by count_members, the only one who writes them: a check of the table would be parsed and planned anew by each settle.
create table job_bundle (
  id uuid primary key,
  type short_name not null,
  origin short_name not null,
  num_jobs int not null default 0,
  num_stopped int not null default 0,
  num_failed int not null default 0,
  -- How often it has stopped.
  epoch int not null default 0,
  sealed boolean not null,
  -- Jobs to add when it stops, in the form that store_jobs takes.
  when_stopped jsonb,
  -- To be deleted once it has stopped without an error and nobody needs it any more.
  delete_on_success boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  stopped_at timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

-- Serves delete_successful_bundles: what is in it waits for nothing but its deletion.
create index job_bundle_deletable_idx on job_bundle (stopped_at) where delete_on_success and stopped_at is not null and num_failed = 0;
-- Serves retention (sweep_bundles), which walks the stopped ones in the order of their stops. Counting touches nothing in it, so
-- that members are counted in place.
create index job_bundle_stopped_idx on job_bundle (stopped_at, id) where stopped_at is not null;
-- Serves who counts the others (sample), the oldest first.
create index job_bundle_open_idx on job_bundle (id) where stopped_at is null;
