select place::text, id::text, added::int
from "worker"."insert_plain_jobs"(list => $1, commits => $2);
