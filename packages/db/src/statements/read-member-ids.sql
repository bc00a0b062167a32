select id::text
from "worker"."member_ids"(bundle => $1, skip => $2, most => $3);
