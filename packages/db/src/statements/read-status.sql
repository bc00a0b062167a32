select (
  select count(*)::text
  from "worker"."job") as jobs, (
  select count(*)::text
  from "worker"."job_bundle") as bundles;
