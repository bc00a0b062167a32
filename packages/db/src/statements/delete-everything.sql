select null as done
from "worker"."delete_everything"();
