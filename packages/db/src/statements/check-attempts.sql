select seq, attempt, news
from "worker"."check_attempts"(its_id => $1, held => $2);
