select delete_successful_bundles as deleted
from "worker"."delete_successful_bundles"(most => $1);
