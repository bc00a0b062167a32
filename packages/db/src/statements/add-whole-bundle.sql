select place::text, id::text
from "worker"."insert_whole_bundle"(bundle => $1, bundle_type => $2, bundle_origin => $3, templates => $4, list => $5, seals => $6, not_before => $7, patience => $8, deletes => $9);
