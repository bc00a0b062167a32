-- Which kinds of events somebody listens for now: some of 'j', 'b' and 'c' in one text. Nothing is written for nobody.
create view heard as
select concat(case when bool_or(l.jobs) then 'j' end, case when bool_or(l.bundles) then 'b' end, case when bool_or(l.changes) then 'c' end) as kinds
from (
  select p.jobs, p.bundles, p.changes from listener p where p.seen_at > now() - interval '2 minutes'
  union all
  select n.jobs, n.bundles, n.changes from named_listener n where n.forgotten_at is null
) l;
