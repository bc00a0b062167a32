select type, waiting::text, running::text, oldest_ms::text, workers::text, paused_at, concurrency, rate_count, rate_ms::text, per_group::int
from "worker"."read_types"();
