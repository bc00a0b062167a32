select sample::text
from "worker"."sample"(its_id => $1, every => $2);
