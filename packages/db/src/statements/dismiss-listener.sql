select null as done
from "worker"."dismiss_listener"(its_id => $1);
