select place::text, id::text
from "worker"."insert_members"(bundle => $1, list => $2, not_before => $3, patience => $4);
