import { statementsFor } from '../statement.ts'
import { readTypes, type TypeRow, typeStateOf } from '../statements/read-types.ts'
import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

/** How many names a message can bear. */
const SHOWN = 5

/** Has the oldest job waited for long? */
export async function lookAtWaiting({ ask, patienceMs }: Patient): Promise<Verdict> {
  const [row] = await ask<{ ms: number }>('select $schema.oldest_waiting_ms() as ms')
  const seconds = Math.round((row?.ms ?? 0) / 1_000)
  if ((row?.ms ?? 0) <= patienceMs) return well(`The oldest waiting job has waited for ${seconds} s.`)
  return found(
    `The oldest waiting job has waited for ${seconds} s.`,
    'jobqueue types list shows which type it is of: more threads or workers, a higher limit, or an end to a pause.',
  )
}

/** Does something wait for a worker that is not there? */
export async function lookAtTypes({ ask, schema }: Patient): Promise<Verdict> {
  const rows = await ask<TypeRow & Record<string, unknown>>(readTypes(statementsFor(schema)).sql)
  const types = rows.map(typeStateOf)
  const unhandled = types.filter(({ waiting, workers }) => waiting > 0 && workers === 0)
  if (unhandled.length === 0) return well('Each type of which jobs wait is handled by a living worker.')
  return found(
    `No living worker handles ${listed(unhandled.map(({ type, waiting }) => `${type} (${waiting} waiting)`))}.`,
    'Start a worker that registers them; is the name spelt the same on both sides?',
  )
}

/** Is a process silent that has not said goodbye? Others take it for dead and let its jobs go on, if there are others. */
export async function lookAtWorkers({ ask }: Patient): Promise<Verdict> {
  const silent = await ask<{ host: string; pid: number; seconds: number }>(
    `select host, pid, extract(epoch from now() - worker_alive_at)::int as seconds from $schema.worker
     where stopped_at is null and worker_alive_at < now() - dead_for order by worker_alive_at`,
  )
  if (silent.length === 0) return well('No worker is silent.')
  return found(
    `Silent for longer than they may be: ${listed(silent.map(({ host, pid, seconds }) => `process ${pid} on ${host} (${seconds} s)`))}.`,
    'Is the process alive, and its way to the database open? Any living worker takes it for dead within seconds, and its jobs go on.',
  )
}

/** Does a job count as running that nobody works on? */
export async function lookAtAttempts({ ask }: Patient): Promise<Verdict> {
  const [row] = await ask<{ jobs: number }>(
    `select count(*)::int as jobs from $schema.job_running r left join $schema.worker w on w.id = r.worker_id
     where w.id is null or w.stopped_at is not null or w.worker_alive_at < now() - w.dead_for`,
  )
  const { jobs = 0 } = row ?? {}
  if (jobs === 0) return well('Every running job has a living worker.')
  return found(
    `${jobs} running jobs have no living worker.`,
    'Start a worker, of whatever types: it takes over what the dead have left, within seconds.',
  )
}

/** Does a schedule never fire? */
export async function lookAtSchedules({ ask, patienceMs }: Patient): Promise<Verdict> {
  const overdue = await ask<{ name: string; key: string; rule: string | null; next: number | null }>(
    `select name, key, rule, (extract(epoch from next_run_at) * 1000)::float8 as next from $schema.schedule
     where paused_at is null and not waits and (next_run_at < now() - $1 * interval '1 ms'
       or next_run_at is null and plan_from is not null and updated_at < now() - $1 * interval '1 ms')
     order by name, key`,
    [patienceMs],
  )
  if (overdue.length === 0) return well('Every schedule fires at its times.')
  const texts = overdue.map(({ name, key, rule, next }) => {
    const called = key === '' ? name : `${name} (${key})`
    return next === null
      ? `${called} by the rule ${rule}, which no process knows`
      : `${called} since ${new Date(next).toISOString()}`
  })
  return found(
    `Overdue: ${listed(texts)}.`,
    'Schedules fire where a worker runs with { schedules: true }, the default; rules must be registered with registerSchedule.',
  )
}

function listed(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `${names.slice(0, SHOWN).join(', ')}${more}`
}
