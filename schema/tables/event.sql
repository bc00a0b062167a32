-- The outbox: what happened, written by the transaction that did it, and only while somebody listens for its kind.
create table event (
  id bigint generated always as identity,
  tx xid8 not null default pg_current_xact_id(),
  kind event_kind not null,
  at timestamptz not null default now(),
  job_id uuid,
  job_type text,
  -- Of a job that a schedule added.
  schedule_name text,
  schedule_key text,
  origin text not null,
  bundle_id uuid,
  bundle_type text,
  attempt int,
  outcome "char",
  will_retry boolean,
  epoch int,
  has_error boolean,
  -- States in words; previous is null for a job that is new.
  previous text,
  current text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);

-- Serves the dispatcher's cursor, which never passes a transaction that is still open.
create unique index event_cursor_idx on event (tx, id);
-- A bundle stops once per epoch, whatever the code says.
create unique index event_epoch_idx on event (bundle_id, epoch) where kind = 'b';
-- Serves whatever clears away jobs: none goes before named listeners had what happened to it.
create index event_job_idx on event (job_id) where job_id is not null;

-- Processes that listen, each renewing its row while it lives.
create table listener (
  id uuid primary key,
  -- Who said so: nobody else may unsay it.
  login name not null default session_user,
  jobs boolean not null,
  bundles boolean not null,
  changes boolean not null,
  seen_at timestamptz not null default now()
) with (fillfactor = 50);

-- Names under which processes listen and miss nothing: how far each has been told, and which process of that name tells it.
create table named_listener (
  name text primary key check (length(name) between 1 and 100),
  jobs boolean not null,
  bundles boolean not null,
  changes boolean not null,
  -- Everything up to here was told, or stands in event_again.
  tx xid8 not null,
  id bigint not null default 0,
  -- What this snapshot saw lies before the name's first registration.
  since pg_snapshot not null,
  -- The one process that tells, and until when if it falls silent.
  holder uuid,
  held_until timestamptz,
  -- When a process of this name was last there.
  seen_at timestamptz not null default now(),
  -- Unseen for seven days: events wait for it no longer. The row stays a while, for health() to tell.
  forgotten_at timestamptz
) with (fillfactor = 50);

-- Events that a named listener has not taken although its cursor has passed them: it threw, or has not returned yet.
create table event_again (
  name text not null,
  tx xid8 not null,
  id bigint not null,
  tries int not null,
  due_at timestamptz not null,
  primary key (name, tx, id)
) with (fillfactor = 50);
