select delete_bundle::int as found
from "worker"."delete_bundle"(bundle => $1);
