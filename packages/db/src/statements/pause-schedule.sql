select pause_schedule::int as found
from "worker"."pause_schedule"(its_name => $1, its_key => $2);
