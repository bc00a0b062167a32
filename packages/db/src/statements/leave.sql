select null as done
from "worker"."leave"(its_id => $1, settled => $2);
