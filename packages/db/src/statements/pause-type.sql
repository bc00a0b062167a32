select null as done
from "worker"."pause_type"(its_type => $1);
