import type { JobRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** What must never be true between two calls, each line one finding: the same as of the tables in a database. */
export function brokenInvariants(tables: Tables): readonly string[] {
  return [
    ...[...tables.jobs.values()].flatMap((job) => ofJob(tables, job)),
    ...ofPlaces(tables),
    ...[...tables.bundles.keys()].flatMap((id) => ofBundle(tables, id)),
    ...ofKeys(tables),
    ...ofRuns(tables),
    ...ofIndexes(tables),
  ]
}

function ofJob(tables: Tables, { seq, id, bundleId, uniqueKey }: JobRow): string[] {
  const places = placesOf(tables).filter(({ rows }) => rows.has(seq))
  const attempt = places[0]?.rows.get(seq)?.attempt ?? 0
  const attempts = (tables.attempts.get(seq) ?? []).map((kept) => kept.attempt)
  return [
    ...when(places.length === 0, `job ${id} stands nowhere`),
    ...when(places.length > 1, `job ${id} stands in ${places.map(({ name }) => name).join('+')}`),
    ...when(bundleId !== null && !tables.bundles.has(bundleId), `job ${id} is a member of no bundle`),
    ...when(
      uniqueKey !== null && !tables.stopped.has(seq) && tables.keys.get(uniqueKey) !== seq,
      `job ${id} has lost its key`,
    ),
    ...when(
      attempts.some((kept) => kept > attempt),
      `an attempt of job ${id} lies ahead of it`,
    ),
    ...when(new Set(attempts).size < attempts.length, `an attempt of job ${id} is recorded twice`),
  ]
}

function ofPlaces(tables: Tables): string[] {
  const places = [
    ...placesOf(tables),
    { name: 'attempts', rows: tables.attempts },
    { name: 'logs', rows: tables.logs },
  ]
  return places.flatMap(({ name, rows }) =>
    [...rows.keys()]
      .filter((seq) => !tables.jobs.has(seq))
      .map((seq) => `seq ${seq} stands in ${name} without a job`),
  )
}

function ofBundle(tables: Tables, id: string): string[] {
  const bundle = tables.bundles.get(id)
  if (bundle === undefined) return []
  const members = [...tables.jobs.values()].filter(({ bundleId }) => bundleId === id)
  const stopped = members.flatMap(({ seq }) => tables.stopped.get(seq) ?? [])
  const counted = [bundle.numJobs, bundle.numStopped, bundle.numFailed].join('/')
  const real = [
    members.length,
    stopped.length,
    stopped.filter(({ outcome }) => outcome !== 'succeeded').length,
  ].join('/')
  const over = bundle.sealed && bundle.numStopped === bundle.numJobs
  return [
    ...when(counted !== real, `bundle ${id} counts ${counted}, its members are ${real}`),
    ...when(over && bundle.stoppedAt === null, `bundle ${id} should have stopped`),
    ...when(!over && bundle.stoppedAt !== null, `bundle ${id} has stopped too early`),
  ]
}

function ofKeys({ keys, jobs, stopped }: Tables): string[] {
  return [...keys].flatMap(([key, seq]) =>
    when(jobs.get(seq)?.uniqueKey !== key || stopped.has(seq), `key ${key} is held by no unfinished job`),
  )
}

function ofRuns({ runs, jobs, stopped }: Tables): string[] {
  const unfinished = [...jobs.values()].filter(
    ({ seq, scheduleName }) => scheduleName !== null && !stopped.has(seq),
  )
  return [
    ...unfinished.flatMap(({ seq }) => when(!runs.has(seq), `seq ${seq} is no run of its schedule`)),
    ...when(runs.size !== unfinished.length, `${runs.size} runs are of ${unfinished.length} unfinished jobs`),
  ]
}

function ofIndexes(tables: Tables): string[] {
  const types = new Set([...tables.jobs.values()].map(({ type }) => type))
  const claimable = [...types].flatMap((type) =>
    [true, false].map((solo) => tables.claimable(type, solo).size),
  )
  return [
    ...when(tables.seqs.size !== tables.jobs.size, `${tables.seqs.size} ids are of ${tables.jobs.size} jobs`),
    ...when(
      claimable.reduce((sum, size) => sum + size, 0) !== tables.available.size,
      'the order of claims has not the jobs that are available',
    ),
  ]
}

function placesOf({ available, scheduled, running, stopped }: Tables) {
  return [
    { name: 'available', rows: available },
    { name: 'scheduled', rows: scheduled },
    { name: 'running', rows: running },
    { name: 'stopped', rows: stopped },
  ]
}

function when(holds: boolean, finding: string): string[] {
  return holds ? [finding] : []
}
