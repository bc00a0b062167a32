select tx::text, id::text, kind::text, job_id::text, job_type, origin, bundle_id::text, bundle_type, attempt, outcome::text, will_retry, epoch, has_error, previous, current
from "worker"."event"
where (tx, id) > ($1::xid8, $2::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot()) and not pg_visible_in_snapshot(tx, $3::pg_snapshot)
order by tx, id
limit $4;
