select null as done
from "worker"."keep"();
