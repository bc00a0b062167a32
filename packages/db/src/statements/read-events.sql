select e.tx::text, e.id::text, e.kind::text, e.job_id::text, e.job_type, e.origin, e.bundle_id::text, e.bundle_type, e.attempt, e.outcome::text, e.will_retry, e.epoch, e.has_error, e.previous, e.current, e.schedule_name, e.schedule_key
from "worker"."event" e
where (e.tx, e.id) > ($1::xid8, $2::bigint) and e.tx < pg_snapshot_xmin(pg_current_snapshot()) and not pg_visible_in_snapshot(e.tx, $3::pg_snapshot)
order by e.tx, e.id
limit $4;
