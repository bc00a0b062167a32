select orphans, orphaned_schedules, more
from "worker"."delete_outdated"(keeps_succeeded => $1, keeps_failed => $2, keeps_orphaned => $3);
