select held::int, again_ms::text
from "worker"."note_events"(its_name => $1, its_holder => $2, its_tx => $3, its_id => $4, done => $5, again => $6);
