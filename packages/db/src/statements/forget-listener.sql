select forget_listener::int as found
from "worker"."forget_listener"(its_name => $1);
