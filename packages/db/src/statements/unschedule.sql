select unschedule::int as found
from "worker"."unschedule"(its_name => $1, its_key => $2);
