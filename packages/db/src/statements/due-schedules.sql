select name, key, revision, cron, time_zone, every_ms::text, rule, misfire, no_overlap, planned, plan_from, now, unfinished, room
from "worker"."due_schedules"(its_rules => $1);
