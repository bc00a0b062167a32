select null as done
from "worker"."resume_type"(its_type => $1);
