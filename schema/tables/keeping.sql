-- Since when somebody has cleared up about once a minute. Only while that is so does the silence about a type mean anything.
create table keeping (
  kept_at timestamptz,
  unbroken_since timestamptz,
  -- How far the check of bundles has come: all that stopped before this one was looked at, or passed over.
  checked_stop timestamptz not null default '-infinity',
  checked_bundle uuid not null default '00000000-0000-0000-0000-000000000000',
  only_row boolean primary key default true check (only_row)
);
insert into keeping default values;

-- When a living worker was last seen to know a type of job.
create table known_type (
  type text primary key,
  known_at timestamptz not null default now()
) with (fillfactor = 50);

-- How far the sweep of retention has come. What it passes and leaves is not looked at again before the next round, so that
-- what is kept for long at the front costs nothing each minute.
create table sweep (
  -- j through job_stopped by seq, b through the stopped bundles by stopped_at and id
  what "char" primary key check (what in ('j', 'b')),
  seq bigint not null default 0,
  stopped_at timestamptz not null default '-infinity',
  id uuid not null default '00000000-0000-0000-0000-000000000000',
  -- How many were passed and left in this round, by which the rest between two rounds is measured.
  passed bigint not null default 0,
  -- No new round begins before.
  rests_until timestamptz not null default now(),
  -- A bundle too big for one transaction, of which some members are gone already.
  half_gone uuid
) with (fillfactor = 50);
insert into sweep (what) values ('j'), ('b');
