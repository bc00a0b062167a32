-- What the columns of hot tables may hold. Domains, not check constraints: those are parsed and planned anew by every statement
-- that writes to their table, which is a quarter of what adding ten jobs costs; a domain's are kept by the session.

-- What a job is called by.
create domain job_type as text check (length(value) between 1 and 100 and value !~ '[^A-Za-z0-9_.:/-]');
-- Who or what, in a word or a few.
create domain short_name as text check (length(value) between 1 and 100);
-- At most one unfinished job has it.
create domain unique_key as text check (octet_length(value) between 1 and 512);
-- How often at most; -1 is without end.
create domain retry_limit as int check (value >= -1);
create domain positive as int check (value > 0);
create domain positive_span as double precision check (value > 0);
create domain milliseconds as bigint check (value >= 0);
-- s succeeded, f failed, c cancelled, d dead
create domain stopped_as as "char" check (value in ('s', 'f', 'c', 'd'));
-- What an error says.
create domain message as text check (value <> '');
-- j a job's attempt ended, b a bundle stopped, c a job changed its state
create domain event_kind as "char" check (value in ('j', 'b', 'c'));
