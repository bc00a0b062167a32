select place::text, id::text, added::int
from "worker"."insert_jobs"(list => $1, patience => $2);
