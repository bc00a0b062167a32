select delete_bundles_of as deleted
from "worker"."delete_bundles_of"(its_origin => $1, its_type => $2, most => $3);
