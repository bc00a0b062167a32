select place::text, id::text
from "worker"."insert_plain_jobs"(list => $1, commits => $2);
