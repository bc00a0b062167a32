/** Our round trip in SQL, as the pump asks it; the one place of the bench that knows its parameters. */

/** Makes a worker known that takes these types. */
export function beatSql(worker: string, types: readonly string[], threads: number): string {
  const names = types.map((type) => `'${type}'`).join()
  return `worker.beat(${worker}, 'sql', 1, '0', array[${names}], ${threads}, interval '1 hour', false)`
}

/** Settles `ends` and claims as many jobs of these types as fit; 0 claims nothing. */
export function stepSql(worker: string, ends: string, types: readonly string[], room: number): string {
  const wanted = types.map((type) => ({
    type,
    room,
    max_retries: 0,
    max_timeout_retries: 0,
    timeout_ms: 900_000,
  }))
  return `worker.step(${worker}, ${ends}, '${JSON.stringify(room === 0 ? [] : wanted)}', ${room}, false, 3)`
}

/** What a step has claimed, as the next one is told of its success. */
export function endsSql(worker: string, step: string): string {
  return `select coalesce(jsonb_agg(jsonb_build_object('seq', s.seq, 'attempt', s.attempt, 'worker_id', ${worker}, 'outcome', 's')), '[]') as ends
    from ${step} s where s.kind = 'claimed'`
}

/** As a pump asks, without a pump: each round settles the last one's jobs, claims the next ones, and commits. */
export function loopSql(type: string, batch: number): string {
  return `
do $loop$
declare
  me uuid := gen_random_uuid();
  ends jsonb := '[]';
begin
  perform ${beatSql('me', [type], batch)};
  commit;
  loop
    ends := (${endsSql('me', stepSql('me', 'ends', [type], batch))});
    commit;
    exit when ends = '[]';
  end loop;
end
$loop$`
}
