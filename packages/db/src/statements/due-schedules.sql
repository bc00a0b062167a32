select name, key, revision, cron, time_zone, every_ms::text, rule, misfire, no_overlap, planned, plan_from, now, unfinished, room
from "worker"."due_schedules"(its_rules => $1, most => $2, after_at => $3, after_name => $4, after_key => $5);
