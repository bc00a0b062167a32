-- Counts on. Who has counted holds the row until its transaction ends: only for what happens seldom, and late in a short transaction.
create function count_up(its_what text, its_name text, its_times bigint) returns void language plpgsql
  set search_path from current
as $$
begin
  if its_times > 0 then
    insert into tally as t (what, name, times) values (its_what, its_name, its_times)
    on conflict (what, name) do update set times = t.times + excluded.times;
  end if;
end
$$;
