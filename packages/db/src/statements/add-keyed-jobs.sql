select place::text, id::text, added
from "worker"."insert_jobs"(list => $1, patience => $2);
