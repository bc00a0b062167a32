select null as done
from "worker"."set_limit"(its_type => $1, its_concurrency => $2, its_rate_count => $3, its_rate_ms => $4, groups => $5);
