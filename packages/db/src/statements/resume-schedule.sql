select resume_schedule::int as found
from "worker"."resume_schedule"(its_name => $1, its_key => $2, next => $3);
