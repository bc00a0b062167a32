select lock_open_bundle as verdict
from "worker"."lock_open_bundle"(bundle => $1);
