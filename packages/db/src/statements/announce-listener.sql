insert into "worker"."listener" (id, jobs, bundles, changes) values ($1, $2, $3, $4)
on conflict (id) do update set jobs = excluded.jobs, bundles = excluded.bundles, changes = excluded.changes, seen_at = now();
