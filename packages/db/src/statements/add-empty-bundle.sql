select insert_bundle::int as fresh
from "worker"."insert_bundle"(bundle => $1, bundle_type => $2, bundle_origin => $3, templates => $4, deletes => $5);
