select null as done
from "worker"."beat"(its_id => $1, its_host => $2, its_pid => $3, its_version => $4, its_types => $5, its_threads => $6, its_dead_for => $7, beats => $8);
