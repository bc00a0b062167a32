import type { BundleId, BundleState, Job, JobQueue } from '@jq/core'
import { addFiles } from './add-files.ts'
import type { Crew } from './crew.ts'
import type { DemoDatabase } from './demo-database.ts'
import { assertCrashed, type Casualty, killOne } from './kill-one.ts'
import { reportJob } from './report-job.ts'
import { counted, type Talk } from './talk.ts'
import { watchBundle } from './watch-bundle.ts'
import type { WorkerProcess } from './worker-process.ts'
import type { Report } from './write-report.ts'

/** Everything that a demonstration needs. */
export interface Stage {
  readonly queue: JobQueue
  readonly database: DemoDatabase
  readonly crew: Crew
  readonly talk: Talk
  readonly signal: AbortSignal
}

/** What the database knows in the end. */
export interface Ending {
  readonly report: Report
  /** From the making of the bundle to the end of its report, by the database's clock. */
  readonly seconds: number
}

/** Counts the files with two worker processes, kills one of them at work, and waits for the report. */
export async function demonstrate(
  stage: Stage,
  folder: Buffer,
  files: AsyncIterator<Buffer>,
): Promise<Ending> {
  const { queue, crew, talk, signal } = stage
  const victim = crew.join()
  const survivor = crew.join()
  const { id, numJobs } = await addFiles(queue, folder, files, signal)
  talk.say(`${counted(numJobs, 'file')}: a bundle of ${counted(numJobs, 'job')}, added in one call.`)
  const bundle = await queue.getBundleState(id)
  if (numJobs === 0) await letWork(stage, survivor, null)
  else await workAndDie(stage, bundle, victim, survivor)
  return endingOf(stage, bundle)
}

async function workAndDie(
  stage: Stage,
  bundle: BundleState,
  victim: WorkerProcess,
  survivor: WorkerProcess,
): Promise<void> {
  const { queue, crew, talk } = stage
  await letWork(stage, victim, bundle.bundle.id)
  // Before it has a job that it will not let go of, no other may take the last one.
  await watch(stage, bundle, () => victim.isHolding)
  await letWork(stage, survivor, null)
  talk.say(`Two worker processes are at work, ${THREADS} threads each: ${victim.pid} and ${survivor.pid}.`)
  await watch(
    stage,
    bundle,
    ({ numJobs, numJobsStopped }) => numJobsStopped >= Math.min(numJobs / 4, numJobs - 1),
  )
  const casualty = await killOne(queue, bundle.bundle.id, victim)
  const replacement = crew.join()
  talk.say(deathNotice(casualty, replacement))
  await letWork(stage, replacement, null)
  await watch(stage, bundle, ({ stoppedAt }) => stoppedAt !== null)
  await assertCrashed(queue, casualty)
}

const THREADS = 4

function letWork(
  { database, signal }: Stage,
  member: WorkerProcess,
  holdOneOf: BundleId | null,
): Promise<void> {
  const { connectionString, schema } = database
  return member.work({ connectionString, schema, threads: THREADS, holdOneOf }, signal)
}

function watch(
  { talk, signal }: Stage,
  bundle: BundleState,
  until: (bundle: BundleState['bundle']) => boolean,
): Promise<void> {
  return watchBundle(bundle, { talk, signal, until })
}

function deathNotice({ pid, jobs }: Casualty, replacement: WorkerProcess): string {
  return `Process ${pid} is killed (SIGKILL) while it holds ${counted(jobs.length, 'job')}; process ${replacement.pid} takes its place. After 3 s without a heartbeat the dead one's jobs are free again.`
}

async function endingOf({ queue, signal }: Stage, { bundle }: BundleState): Promise<Ending> {
  const state = await queue.getRunState((await reportOf(queue, bundle.id)).id, reportJob)
  const report = await state.waitUntilStopped({ signal })
  const end = state.job.stoppedAt as Date
  return { report, seconds: (end.getTime() - bundle.createdAt.getTime()) / 1_000 }
}

/** The job that the bundle's end has added. */
async function reportOf(queue: JobQueue, bundleId: BundleId): Promise<Job> {
  const { jobs } = await queue.getJobs({ type: reportJob.type })
  const report = jobs.find(({ afterBundleId }) => afterBundleId === bundleId)
  if (report === undefined) throw new Error(`Bundle ${bundleId} has stopped, and no report follows it.`)
  return report
}
