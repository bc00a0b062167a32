select seal_bundle as found
from "worker"."seal_bundle"(bundle => $1);
