-- What health() has to say beyond the caller's own connections, each in a sentence. `patience`: how long events may wait before it is
-- worth a word. `may_hold`: how long one session may hold the oldest snapshot; longer than a report takes, shorter than it takes
-- a busy queue to become slow. `harmless`: so few transactions since then leave nothing behind that anybody would feel.
--
-- PostgreSQL shows snapshots only to their own role and to pg_read_all_stats. Whoever else owns this function sees its own
-- sessions and is silent about all others.
create function troubles(patience interval default '1 minute', may_hold interval default '5 minutes', harmless int default 1000)
  returns setof text language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
  set intervalstyle = postgres
as $$
begin
  if current_setting('transaction_read_only') = 'on' then
    return next 'The database takes no writes: it is a standby, or default_transaction_read_only is on. Nothing is added and nothing is claimed.';
  end if;
  return query
  select format('The named listener %s has not been seen since %s: its events wait. After 7 days it is forgotten; forgetListener ends it now.',
    n.name, to_char(n.seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
  from named_listener n where n.forgotten_at is null and n.seen_at < now() - interval '1 day' order by n.name;
  return query
  select format('The named listener %s was unseen for 7 days and was forgotten at %s: it has missed what happened since. It begins anew when it is registered again; forgetListener ends this warning.',
    n.name, to_char(n.forgotten_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
  from named_listener n where n.forgotten_at is not null order by n.name;
  return query
  select format('Events wait for a transaction that has been open since %s: process %s of the server, application %s. They go on when it ends.',
    to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'))
  from pg_stat_activity a
  where a.backend_xid is not null and a.xact_start < now() - patience
    and exists (select from event e where e.tx >= pg_snapshot_xmin(pg_current_snapshot()) and e.at < now() - patience)
  order by age(a.backend_xid) desc limit 1;
  return query
  select format('Process %s of the server holds the oldest snapshot, in a transaction that has been open for %s: application %s, user %s, %s. What has gone since cannot be cleared away, and each look for work passes over it, until that transaction ends.',
    a.pid, date_trunc('second', now() - a.xact_start), coalesce(nullif(a.application_name, ''), 'unnamed'), pg_get_userbyid(a.usesysid), a.state)
  from (
    -- Not pg_stat_activity, which looks up the user and the database of every session there is.
    select h.* from pg_stat_get_activity(null) h
    -- What other databases hold does not concern our tables, and vacuum does not wait for vacuum.
    where h.datid = (select d.oid from pg_database d where d.datname = current_database()) and h.pid <> pg_backend_pid() and h.backend_type = 'client backend'
      and not exists (select from pg_stat_progress_vacuum v where v.pid = h.pid)
    order by greatest(age(h.backend_xmin), age(h.backend_xid)) desc nulls last, h.xact_start limit 1
  ) a
  where a.xact_start < now() - may_hold and greatest(age(a.backend_xmin), age(a.backend_xid)) > harmless;
end
$$;
