import type { WorkService } from '@jq/core'
import { newId, type Sample, type SampledState } from '@jq/core/internal'
import type { Counter, Gauge } from 'prom-client'
import type { OwnRegistry } from './own-registry.ts'

const STATES: readonly SampledState[] = ['scheduled', 'available', 'running', 'retrying', 'failed', 'dead']

/**
 * What the database holds: measured by one process at a time, and by it only while somebody asks. A process that is not the one
 * exports none of it, and one that could not measure exports nothing old.
 */
export class QueueGauges {
  readonly #work: WorkService
  readonly #everyMs: number
  readonly #id = newId()
  #sample: Promise<Sample | null> = Promise.resolve(null)
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(own: OwnRegistry, work: WorkService, everyMs: number) {
    this.#work = work
    this.#everyMs = everyMs
    const gauge = (
      name: string,
      help: string,
      label: readonly string[],
      show: (gauge: Gauge, sample: Sample) => void,
    ) =>
      own.gauge({ name: `jobqueue_${name}`, help, labels: label }, async (one) => {
        const sample = await this.#latest()
        if (sample !== null) show(one, sample)
      })
    gauge('jobs', 'Jobs, by type and state; counted up to a bound.', ['type', 'state'], showJobs)
    gauge('jobs_capped', '1 where more jobs are in this state than were counted.', ['state'], showCapped)
    gauge(
      'oldest_pending_age_seconds',
      'For how long the first job of a type that waits could have been taken.',
      ['type'],
      (one, { oldestWaiting }) => {
        for (const { type, ageMs } of oldestWaiting) one.set({ type }, ageMs / 1_000)
      },
    )
    gauge('workers', 'Worker processes; stopped ones of the last day.', ['state'], (one, { workers }) => {
      for (const [state, count] of Object.entries(workers)) one.set({ state }, count)
    })
    gauge('worker_heartbeat_age_seconds', 'Since a worker beat last.', ['worker'], (one, { heartbeats }) => {
      for (const { workerId: worker, ageMs } of heartbeats) one.set({ worker }, ageMs / 1_000)
    })
    gauge(
      'schedule_lag_seconds',
      'Since a tick of a schedule was due that nobody has made.',
      ['schedule'],
      (one, { schedules }) => {
        for (const { name: schedule, lagMs } of schedules) one.set({ schedule }, lagMs / 1_000)
      },
    )
    gauge(
      'table_dead_ratio',
      'Rows of a table that wait for vacuum, of all.',
      ['table'],
      (one, { tables }) => {
        for (const { table, deadRatio } of tables) one.set({ table }, deadRatio)
      },
    )
    gauge(
      'bundles',
      'Bundles that have not stopped; counted up to a bound.',
      ['type', 'has_error'],
      showBundles,
    )
    gauge(
      'bundles_capped',
      '1 where more bundles have not stopped than were counted.',
      [],
      (one, { capped }) => one.set(capped.includes('bundles') ? 1 : 0),
    )
    this.#totals(own)
  }

  /** What the database has counted since the queue is, whoever did it. */
  #totals(own: OwnRegistry): void {
    const total = (
      name: string,
      help: string,
      labels: readonly string[],
      show: (counter: Counter, sample: Sample) => void,
    ) =>
      own.countedElsewhere({ name: `jobqueue_${name}`, help, labels }, async (one) => {
        const sample = await this.#latest()
        if (sample !== null) show(one, sample)
      })
    total(
      'bundle_mismatches_total',
      'Bundles whose counts did not agree with their members: a fault of ours, or rows that were changed by hand.',
      [],
      (one, { mismatchedBundles }) => one.inc(mismatchedBundles),
    )
    total(
      'schedule_missed_total',
      'Ticks that passed without a job.',
      ['schedule'],
      (one, { missedTicks }) => {
        for (const { schedule, ticks } of missedTicks) one.inc({ schedule }, ticks)
      },
    )
    total('retention_deleted_total', 'Rows that retention has deleted.', ['table'], (one, { deleted }) => {
      for (const { table, rows } of deleted) one.inc({ table }, rows)
    })
  }

  async close(): Promise<void> {
    await this.#sample
  }

  /** All gauges are asked for at the same time, and show one sample. */
  #latest(): Promise<Sample | null> {
    const now = performance.now()
    if (now - this.#askedAt >= this.#everyMs) {
      this.#askedAt = now
      this.#sample = this.#work.sample(this.#id, this.#everyMs).catch(() => null)
    }
    return this.#sample
  }
}

function showJobs(gauge: Gauge, { jobs }: Sample): void {
  for (const { type, state, jobs: count } of jobs) gauge.set({ type, state }, count)
}

function showBundles(gauge: Gauge, { bundles }: Sample): void {
  for (const { type, hasError, bundles: count } of bundles)
    gauge.set({ type, has_error: String(hasError) }, count)
}

function showCapped(gauge: Gauge, { capped }: Sample): void {
  for (const state of STATES) gauge.set({ state }, capped.includes(state) ? 1 : 0)
}
