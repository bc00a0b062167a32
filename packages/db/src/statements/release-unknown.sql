select release_unknown as released
from "worker"."release_unknown"(its_id => $1, known => $2);
