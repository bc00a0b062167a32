-- Who may enter. Nobody but the owner may call anything here, until `jobqueue migrate grants` says so, and it opens only these
-- doors. Behind a door the owner's rights count (security definer), so that nobody needs rights on the tables: who may add
-- cannot read what others have added, and no counter can be turned by hand. Inside there is no SQL made of text, and every
-- function keeps the search path it was made with, pg_temp last: no table of the caller's can stand in for one of ours.

-- For producers.
alter function add_job security definer;
alter function add_bundle security definer;
alter function insert_plain_jobs security definer;
alter function insert_jobs security definer;
alter function insert_bundle security definer;
alter function insert_members security definer;
alter function insert_whole_bundle security definer;
alter function lock_open_bundle security definer;
alter function seal_bundle security definer;
alter function member_ids security definer;
alter function put_schedule security definer;

-- For everybody's health(), and for the LISTEN connections' canaries.
alter function oldest_waiting_ms security definer;
alter function wake security definer;
alter function unfolded_minutes security definer;
alter function troubles security definer;

-- For those that read everything.
alter function read_types security definer;
alter function sample security definer;

-- For processes that listen.
alter function announce_listener security definer;
alter function dismiss_listener security definer;

-- For those that listen by a name.
alter function listen_by_name security definer;
alter function hold_listener security definer;
alter function next_events security definer;
alter function note_events security definer;
alter function leave_listener security definer;

-- For workers.
alter function beat security definer;
alter function leave security definer;
alter function look security definer;
alter function due_schedules security definer;
alter function run_ticks security definer;
alter function step security definer;
alter function check_attempts security definer;
alter function verdict_of security definer;
alter function set_progress security definer;
alter function write_log security definer;
alter function release_unknown security definer;
alter function keep security definer;
alter function delete_outdated security definer;

-- For admins.
alter function cancel_job security definer;
alter function cancel_bundle security definer;
alter function reset_job security definer;
alter function reset_jobs security definer;
alter function set_job_start security definer;
alter function delete_job security definer;
alter function delete_jobs_of security definer;
alter function delete_finished_jobs security definer;
alter function delete_bundle security definer;
alter function delete_bundles_of security definer;
alter function delete_everything security definer;
alter function begin_deletion security definer;
alter function delete_bundles_up_to security definer;
alter function delete_jobs_up_to security definer;
alter function forget_listener security definer;
alter function sync_schedules security definer;
alter function pause_schedule security definer;
alter function resume_schedule security definer;
alter function unschedule security definer;
alter function cancel_schedule security definer;
alter function set_limit security definer;
alter function pause_type security definer;
alter function resume_type security definer;

-- PostgreSQL opens every new function to everybody: a migration that makes one ends with this block again.
do $$
begin
  execute format('revoke execute on all functions in schema %I from public', current_schema());
end
$$;
