select place::text, id::text
from "worker"."insert_jobs"(list => $1, patience => $2);
