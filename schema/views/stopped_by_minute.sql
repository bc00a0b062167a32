-- How many jobs stopped in each minute, by type and state, and how long their last attempts took: also of jobs whose rows are gone.
-- A job that stops again after a reset has stopped twice. Ask with a condition on `minute`: else it reads all there is.
create view stopped_by_minute as
select u.minute, u.type,
  case u.outcome when 's' then 'succeeded' when 'f' then 'failed' when 'c' then 'cancelled' else 'dead' end as state,
  sum(u.jobs)::bigint as jobs, sum(u.ran_ms) as ran_ms
from (
  select m.minute, m.type, m.outcome, m.jobs, m.ran_ms from stat_minute m
  union all
  select l.minute, l.type, l.outcome, l.jobs, l.ran_ms from unfolded_minutes() l
) u
group by u.minute, u.type, u.outcome;

comment on view stopped_by_minute is 'One row a minute, type and state: how many jobs stopped so, and for how long they ran. It outlives their rows.';
