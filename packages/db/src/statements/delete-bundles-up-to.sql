select delete_bundles_up_to::text as reached
from "worker"."delete_bundles_up_to"(last => $1, most => $2, first => $3);
