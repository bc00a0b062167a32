select cancel_schedule as verdict
from "worker"."cancel_schedule"(its_name => $1, its_key => $2);
