import { setTimeout as wait } from 'node:timers/promises'
import type { Backlog, Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import type { Contender, WorkPlan } from './contenders/contender.ts'
import { contenderNamed } from './contenders/contender-named.ts'
import { costsPerJob } from './costs-per-job.ts'
import { Crew } from './crew.ts'
import type { Database } from './database.ts'
import { clock } from './process-talk.ts'
import { countRuns } from './run-count.ts'

/** So many jobs warm a process up, in a database of their own. */
const WARM_UP_JOBS = 2_000
/** The first jobs of a drain are not counted: who learns of work late is not measured by that here. */
const SKIPPED = 0.1

export interface DrainPlan extends Partial<WorkPlan> {
  readonly contender: string
  readonly backlog: Backlog
  /** Measured over these of the backlog, the rest stays; all if it is left out. */
  readonly jobs?: number | undefined
  /** Worker processes. @defaultValue 1 */
  readonly processes?: number | undefined
  /** Done to the database beforehand; what it answers is called afterwards. */
  readonly around?: ((database: Database) => Promise<() => Promise<void>>) | undefined
}

/** How fast a backlog is worked off, and what that costs. All jobs are there before, every one runs once, and results stay. */
export async function measureDrain(bench: Bench, plan: DrainPlan): Promise<Measurement> {
  const contender = await contenderNamed(plan.contender)
  const { crew, forget } = await warmCrew(bench, plan)
  const database = await bench.database(plan.contender, plan.backlog)
  const undo = await plan.around?.(database)
  try {
    await crew.do({ order: 'open-hands', url: database.url })
    const found = await drain(crew, contender, database, plan)
    await crew.do({ order: 'rest' })
    const ran = await assertAllRan(crew, contender, database, plan)
    await crew.do({ order: 'close' })
    const commits = (await database.commits()) / ran
    if (bench.profileDir) console.table(await database.dearest())
    return { ...found, commits }
  } finally {
    await crew.end()
    await undo?.()
    await database.drop()
    await forget()
  }
}

/** Processes that have run jobs, with the same settings, in another database. */
async function warmCrew(bench: Bench, plan: DrainPlan): Promise<{ crew: Crew; forget: () => Promise<void> }> {
  const { threads = 10, best = false, types = 1, handlerMs = 0, listens, contender, processes = 1 } = plan
  const work = { threads, best, types, handlerMs, awaits: false, listens }
  const profile = bench.profileDir ? ['--cpu-prof', `--cpu-prof-dir=${bench.profileDir}`] : []
  const crew = new Crew(processes, { contender, work, tellsEntries: false }, profile)
  if (bench.smoke) return { crew, forget: async () => undefined }
  const database = await bench.database(contender, { jobs: WARM_UP_JOBS, types })
  await crew.do({ order: 'open-hands', url: database.url })
  await crew.do({ order: 'work' })
  await crew.ran(WARM_UP_JOBS)
  await crew.do({ order: 'rest' })
  await crew.do({ order: 'close' })
  // A connection that lingers would take a forced end for an error: the database goes after the processes.
  return { crew, forget: () => database.drop() }
}

async function drain(
  crew: Crew,
  contender: Contender,
  database: Database,
  { backlog, jobs = backlog.jobs }: DrainPlan,
): Promise<Measurement> {
  const look = async () => ({ ...crew.progress(), at: clock(), server: await database.use() })
  const beginning = await look()
  const working = crew.do({ order: 'work' })
  working.catch(() => undefined) // awaited below
  await crew.ran(jobs * SKIPPED)
  const first = await look()
  await working
  await crew.ran(jobs)
  const ran = crew.progress().count
  if (jobs === backlog.jobs) await untilSettled(contender, database)
  // A tiny drain is over before it can be looked at.
  const start = first.count < ran ? first : beginning
  const last = { ...crew.progress(), at: clock(), spent: await database.spentSince(start.server) }
  const reports = await crew.do({ order: 'report' })
  const nodeUs = reports.reduce((sum, { report }) => sum + (report?.cpuUs ?? 0), 0)
  const count = last.count - start.count
  return {
    rate: count / ((last.at - start.at) / 1000),
    nodeUs: (nodeUs - start.cpuUs) / count,
    ...costsPerJob(last.spent, count),
  }
}

async function untilSettled({ openLook }: Contender, { url }: Database): Promise<void> {
  const look = await openLook(url)
  while (!(await look.settled())) await wait(5)
  await look.close()
}

async function assertAllRan(
  crew: Crew,
  { name, openLook }: Contender,
  { url }: Database,
  { backlog, jobs = backlog.jobs }: DrainPlan,
): Promise<number> {
  const reports = (await crew.do({ order: 'report' })).map(
    ({ report }) => report as NonNullable<typeof report>,
  )
  const { jobs: ran, repeats } = countRuns(reports)
  if (repeats > 0) throw new Error(`${name} ran ${repeats} jobs again.`)
  if (ran < jobs) throw new Error(`${name} ran ${ran} of ${jobs} jobs.`)
  const look = await openLook(url)
  const kept = await look.kept()
  await look.close()
  if (kept !== null && kept !== ran) throw new Error(`${name} kept ${kept} results of ${ran} jobs.`)
  return ran
}
