select cancelled, requested
from "worker"."cancel_bundle"(bundle => $1);
