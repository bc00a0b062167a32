select run_ticks as moved
from "worker"."run_ticks"(plans => $1);
