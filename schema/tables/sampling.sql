-- Which process measures the queue for all others, and when it did so last. Nobody leads: whoever comes past when the last one has
-- been silent for a while goes on.
create table sampling (
  sampler uuid,
  sampled_at timestamptz not null default '-infinity',
  only_row boolean primary key default true check (only_row)
) with (fillfactor = 50);
insert into sampling default values;
