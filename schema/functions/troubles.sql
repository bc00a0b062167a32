-- What health() has to say beyond the caller's own connections, each in a sentence. `patience`: how long events may wait before it is
-- worth a word.
create function troubles(patience interval default '1 minute') returns setof text language plpgsql stable
  set search_path from current set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_bitmapscan = off
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
end
$$;
