select added, changed, removed, foreign_place
from "worker"."sync_schedules"(its_owner => $1, wanted => $2);
