insert into "worker"."listener" (id, jobs, bundles) values ($1, $2, $3)
on conflict (id) do update set jobs = excluded.jobs, bundles = excluded.bundles, seen_at = now();
