select null as done
from "worker"."announce_listener"(its_id => $1, wants_jobs => $2, wants_bundles => $3, wants_changes => $4);
