select "worker"."oldest_waiting_ms"()::text as ms;
