select max(version) as version, current_setting('default_transaction_isolation') as isolation
from "worker"."schema_version";
