-- A moment as milliseconds since 1970, as text: read alike under every date style, time zone and type parser. Stable, as extract
-- is: declared as more than that it would be called for each value, and not be part of the statement's own plan.
create function moment(at timestamptz) returns text language sql stable
as $$
  select (extract(epoch from at) * 1000)::text
$$;
