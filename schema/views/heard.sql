-- Which kinds of events somebody listens for now: some of 'j', 'b' and 'c' in one text. Nothing is written for nobody.
-- Two aggregates and no union of both: up to PostgreSQL 17 one would be handed to other processes, at 20 ms an event, where
-- sequential scans are forbidden and cost ten billion.
create view heard as
select concat(case when p.jobs or n.jobs then 'j' end, case when p.bundles or n.bundles then 'b' end, case when p.changes or n.changes then 'c' end) as kinds
from
  (select bool_or(l.jobs) as jobs, bool_or(l.bundles) as bundles, bool_or(l.changes) as changes from listener l where l.seen_at > now() - interval '2 minutes') p,
  (select bool_or(l.jobs) as jobs, bool_or(l.bundles) as bundles, bool_or(l.changes) as changes from named_listener l where l.forgotten_at is null) n;
