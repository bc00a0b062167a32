select null as done
from "worker"."leave_listener"(its_name => $1, its_holder => $2);
