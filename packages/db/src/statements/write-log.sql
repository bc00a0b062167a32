select seq::text, attempt, verdict
from "worker"."write_log"(logs => $1);
