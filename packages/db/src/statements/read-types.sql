select type, waiting::text, running::text, oldest_ms::text, workers::text
from "worker"."read_types"();
