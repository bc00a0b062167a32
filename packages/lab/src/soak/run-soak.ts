import { setTimeout as pause } from 'node:timers/promises'
import { createJobQueue, migrate } from '@jq/db'
import { startEmbeddedPostgres } from '@jq/embedded'
import { until } from '@jq/testing'
import pg from 'pg'
import { endClient } from '../database/end-client.ts'
import { isAtRest, lookAtDatabase } from './look-at-database.ts'
import { ownCommits } from './own-commits.ts'
import type { Series } from './series.ts'
import { type Sample, seriesOf } from './series-of.ts'
import { SoakCrew } from './soak-crew.ts'
import { tickJob } from './soak-job.ts'

/** What a soak is asked for. */
export interface SoakWish {
  readonly minutes: number
  /** Between two samples. */
  readonly everySeconds: number
  readonly seed: number
  /** Is told how far it has come. */
  readonly tell: (line: string) => void
}

/** What a soak has seen. */
export interface Soak {
  readonly version: string
  /** Jobs a second that this machine worked off, from the first `add` until all was done and told. */
  readonly calibrated: number
  /** Jobs a second that were added. */
  readonly rate: number
  readonly added: number
  /** When each sample was taken, since the run began. */
  readonly seconds: readonly number[]
  readonly series: readonly Series[]
}

/** For so long the producer adds as fast as it can, to see what the machine can do. */
const CALIBRATION_MS = 8_000

/** Runs the queue at half of what the machine can do, and looks at everything again and again. */
export async function runSoak({ minutes, everySeconds, seed, tell }: SoakWish): Promise<Soak> {
  const server = await startEmbeddedPostgres({ durable: true })
  await migrate({ connectionString: server.url })
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const crew = await SoakCrew.hire(server.url, seed)
  try {
    const calibrated = await calibrate(crew, client)
    const rate = Math.max(1, Math.floor(calibrated / 2))
    tell(`this machine works off ${Math.round(calibrated)} jobs a second; ${minutes} minutes at ${rate}`)
    await addSchedules(server.url)
    crew.produce(rate)
    const samples = await sampleFor(minutes * 60, everySeconds, crew, client)
    const added = await crew.rest()
    await drained(client)
    await crew.sendHome()
    return {
      version: server.version,
      calibrated,
      rate,
      added,
      seconds: samples.map(({ seconds }) => seconds),
      series: seriesOf(samples),
    }
  } finally {
    crew.kill()
    await endClient(client)
    await server.stop()
  }
}

async function calibrate(crew: SoakCrew, client: pg.Client): Promise<number> {
  const begin = performance.now()
  crew.produce(null)
  await pause(CALIBRATION_MS)
  const added = await crew.rest()
  await drained(client)
  return added / ((performance.now() - begin) / 1_000)
}

async function drained(client: pg.Client): Promise<void> {
  await until('all is done and told', () => isAtRest(client), { within: '10m' })
}

/** One by an interval, one by the clock; they go on over all of the run. */
async function addSchedules(connectionString: string): Promise<void> {
  const queue = createJobQueue({ connectionString })
  await queue.schedule({ name: 'every second', job: tickJob.with({}), every: '1s' })
  await queue.schedule({ name: 'every five seconds', job: tickJob.with({}), cron: '*/5 * * * * *' })
  await queue.close()
}

async function sampleFor(
  seconds: number,
  everySeconds: number,
  crew: SoakCrew,
  client: pg.Client,
): Promise<readonly Sample[]> {
  const begin = performance.now()
  const since = () => (performance.now() - begin) / 1_000
  const samples: Sample[] = []
  for (let due = everySeconds; due <= seconds; due += everySeconds) {
    await pause(Math.max(0, (due - since()) * 1_000))
    const [processes, database] = await Promise.all([crew.sample(), lookAtDatabase(client)])
    const commits = await ownCommits(client)
    samples.push({ seconds: Math.round(since() * 10) / 10, processes, database, ownCommits: commits })
  }
  return samples
}
