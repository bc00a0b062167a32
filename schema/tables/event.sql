-- The outbox: what happened, written by the transaction that did it, and only while somebody listens for its kind.
create table event (
  id bigint generated always as identity,
  tx xid8 not null default pg_current_xact_id(),
  -- j a job's attempt ended, b a bundle stopped
  kind "char" not null check (kind in ('j', 'b')),
  at timestamptz not null default now(),
  job_id uuid,
  job_type text,
  origin text not null,
  bundle_id uuid,
  bundle_type text,
  attempt int,
  outcome "char",
  will_retry boolean,
  epoch int,
  has_error boolean
);

-- Serves the dispatcher's cursor, which never passes a transaction that is still open.
create unique index event_cursor_idx on event (tx, id);
-- A bundle stops once per epoch, whatever the code says.
create unique index event_epoch_idx on event (bundle_id, epoch) where kind = 'b';

-- Processes that listen, each renewing its row while it lives.
create table listener (
  id uuid primary key,
  jobs boolean not null,
  bundles boolean not null,
  seen_at timestamptz not null default now()
) with (fillfactor = 50);
