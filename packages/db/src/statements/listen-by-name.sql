select null as done
from "worker"."listen_by_name"(its_name => $1, wants_jobs => $2, wants_bundles => $3, wants_changes => $4);
