select put_schedule as row
from "worker"."put_schedule"(wanted => $1);
