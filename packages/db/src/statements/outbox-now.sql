select pg_current_snapshot()::text as snapshot, pg_snapshot_xmin(pg_current_snapshot())::text as tx;
