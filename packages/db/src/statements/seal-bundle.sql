select seal_bundle::int as found
from "worker"."seal_bundle"(bundle => $1);
