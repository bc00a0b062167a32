/** Our round trip in SQL, as the pump asks it; the one place of the bench that knows its parameters. */

export interface ClaimedAttempt {
  readonly seq: string
  readonly attempt: number
}

/** Makes a worker known that takes these types. */
export function beatSql(worker: string, types: readonly string[], threads: number): string {
  const names = types.map((type) => `'${type}'`).join()
  return `worker.beat(${worker}, 'sql', 1, '0', array[${names}], ${threads}, interval '1 hour', false)`
}

/** Settles what has succeeded, and claims as many jobs of these types as fit; 0 claims nothing. */
export function stepSql(
  worker: string,
  done: readonly ClaimedAttempt[],
  types: readonly string[],
  room: number,
): string {
  const seqs = `'{${done.map(({ seq }) => seq).join()}}'`
  const attempts = `'{${done.map(({ attempt }) => attempt).join()}}'`
  return callSql(worker, { seqs, attempts }, types, room)
}

/**
 * As a pump asks, without a pump: each round settles the last one's jobs, claims the next ones, and commits. Where others took what
 * it had seen, it looks past what they may have in their hands, as a pump does.
 */
export function loopSql(type: string, batch: number): string {
  const step = callSql('me', { seqs: 'seqs', attempts: 'attempts' }, [type], batch, 'beside')
  return `
do $loop$
declare
  me uuid := gen_random_uuid();
  seqs bigint[] := '{}';
  attempts int[] := '{}';
  beside int := 0;
begin
  perform ${beatSql('me', [type], batch)};
  commit;
  loop
    select coalesce(array_agg(s.seq) filter (where s.kind is null), '{}'), coalesce(array_agg(s.attempt) filter (where s.kind is null), '{}'),
      case when bool_or(s.kind = 'contended') then ${batch} else 0 end
    into seqs, attempts, beside from ${step} s;
    commit;
    exit when seqs = '{}' and beside = 0;
  end loop;
end
$loop$`
}

function callSql(
  worker: string,
  done: { seqs: string; attempts: string },
  types: readonly string[],
  room: number,
  beside = '0',
): string {
  const all = (value: string | number) => `'{${types.map(() => value).join()}}'`
  const claim = `types => '{${types.join()}}', rooms => ${all(room)}, max_retries => ${all(0)}, max_timeout_retries => ${all(0)},
      timeouts => ${all(900_000)}, room => ${room}, beside => ${beside}, max_crashes => 3`
  return `worker.step(${worker}, done => ${done.seqs}, attempts => ${done.attempts}${room === 0 ? '' : `, ${claim}`})`
}
