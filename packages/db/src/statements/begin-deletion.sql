select last_bundle::text as bundle, last_seq::text as seq
from "worker"."begin_deletion"();
