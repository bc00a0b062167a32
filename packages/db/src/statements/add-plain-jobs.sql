select place::text, id::text, added
from "worker"."insert_plain_jobs"(list => $1);
