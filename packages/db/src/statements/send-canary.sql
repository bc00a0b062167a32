select "worker"."wake"($1);
