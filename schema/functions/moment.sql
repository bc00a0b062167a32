-- A moment as milliseconds since 1970, as text: read alike under every date style, time zone and type parser.
create function moment(at timestamptz) returns text language sql immutable
as $$
  select (extract(epoch from at) * 1000)::text
$$;
