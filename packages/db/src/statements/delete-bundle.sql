select delete_bundle as found
from "worker"."delete_bundle"(bundle => $1);
