-- What the database is: the tables, functions and views of one queue, in the order in which they stand on each other.
-- Run with plain psql into a schema of your choice:
--   psql -c 'create schema worker'
--   PGOPTIONS='-c search_path=worker,pg_temp' psql --single-transaction -v ON_ERROR_STOP=1 -f schema/schema.sql
-- `jobqueue migrate up` does the same by way of the migrations, and notes the version.
\ir tables/schema_version.sql
\ir tables/domains.sql
\ir tables/job.sql
\ir tables/job_scheduled.sql
\ir tables/job_available.sql
\ir tables/job_running.sql
\ir tables/job_stopped.sql
\ir tables/job_attempt.sql
\ir tables/job_key.sql
\ir tables/job_bundle.sql
\ir tables/type_limit.sql
\ir tables/schedule.sql
\ir tables/worker.sql
\ir tables/event.sql
\ir tables/keeping.sql
\ir tables/stat_minute.sql
\ir views/heard.sql
\ir functions/moment.sql
\ir functions/wake.sql
\ir functions/tell.sql
\ir functions/insert_jobs.sql
\ir functions/count_members.sql
\ir functions/insert_bundle.sql
\ir functions/worker_life.sql
\ir functions/settle_attempts.sql
\ir functions/settle_succeeded.sql
\ir functions/claim_jobs.sql
\ir functions/limits.sql
\ir functions/step.sql
\ir functions/look.sql
\ir functions/tick.sql
\ir functions/schedule.sql
\ir functions/named_listeners.sql
\ir functions/hold_places.sql
\ir functions/cancel_job.sql
\ir functions/reset_job.sql
\ir functions/delete_job.sql
\ir functions/set_job_start.sql
\ir functions/many_jobs.sql
\ir functions/delete_everything.sql
\ir functions/orphans.sql
\ir functions/outdated.sql
\ir functions/stat_minute.sql
\ir functions/keep.sql
\ir functions/oldest_waiting_ms.sql
\ir functions/read_types.sql
\ir functions/troubles.sql
\ir functions/surface.sql
\ir views/job_status.sql
\ir views/job_bundle_status.sql
\ir views/schedule_status.sql
\ir views/stopped_by_minute.sql
\ir doors.sql
