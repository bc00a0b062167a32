select version, oldest_reader, current_setting('default_transaction_isolation') as isolation
from "worker"."schema_version"
order by version desc
limit 1;
