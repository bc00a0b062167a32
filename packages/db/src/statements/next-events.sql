select tx, id, kind, job_id, job_type, origin, bundle_id, bundle_type, attempt, outcome, will_retry, epoch, has_error, previous, current, schedule_name, schedule_key, tries
from "worker"."next_events"(its_name => $1, its_holder => $2, most => $3);
