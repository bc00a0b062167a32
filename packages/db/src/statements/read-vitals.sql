select "worker"."oldest_waiting_ms"()::text as ms, (
  select json_agg(t.trouble)::text
  from "worker"."troubles"() as t (trouble)) as troubles;
