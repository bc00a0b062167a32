select j.seq::text, j.trace::text
from "worker"."job" j
where j.seq = any ($1::bigint[]) and j.trace is not null;
