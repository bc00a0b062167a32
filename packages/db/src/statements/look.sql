select waiting, waiting_solo, run_dry, next_due_ms::text, beaten, next_tick_ms::text, reaped::text
from "worker"."look"(its_id => $1, its_types => $2, reaps => $3, sleeps => $4, canary => $5, settled => $6, beats => $7, its_rules => $8);
