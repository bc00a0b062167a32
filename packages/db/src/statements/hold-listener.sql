select hold_listener::text as held_for_ms
from "worker"."hold_listener"(its_name => $1, its_holder => $2);
