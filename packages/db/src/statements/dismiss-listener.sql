delete
from "worker"."listener"
where id = $1;
