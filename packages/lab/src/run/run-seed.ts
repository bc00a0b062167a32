import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { type FinalState, readFinalState } from '../database/final-state.ts'
import { readHistory } from '../history/read-history.ts'
import { allInvariants } from '../invariants/all-invariants.ts'
import type { Finding } from '../invariants/invariant.ts'
import type { Evidence, Fault } from '../nemesis/fault.ts'
import { haunt } from '../nemesis/nemesis.ts'
import { type Plan, planOf } from '../nemesis/plan.ts'
import type { Tools } from '../servers/lab-server.ts'
import { type Cast, Stage } from './stage.ts'

/** What a run is asked for. */
export interface RunOrder {
  readonly seed: number
  readonly seconds: number
  readonly faults: readonly Fault[]
  /** Each seed switches off a random part of the classes. */
  readonly swarm: boolean
  readonly cast: Cast
  readonly tools: Tools
  /** Is told how far it has come. */
  readonly tell?: (phase: string) => void
}

/** What came of a run. */
export interface Run {
  readonly plan: Plan
  readonly version: string
  /** Where the histories are. */
  readonly directory: string
  readonly evidence: Evidence
  /** By class: how often it struck, and how often its effect shows. */
  readonly faults: Readonly<Record<string, { readonly struck: number; readonly landed: number }>>
  readonly violations: readonly (Finding & { readonly invariant: string })[]
}

/** Plays one seed: faults on, faults off, drain, look. */
export async function runSeed(order: RunOrder): Promise<Run> {
  const plan = planOf(order.seed, order)
  const tell = order.tell ?? (() => undefined)
  tell('opens')
  const clocks = plan.faults.includes('worker-clock')
  const stage = await Stage.open(order.seed, plan.server, order.cast, { clocks, tools: order.tools })
  try {
    tell('is haunted')
    await haunt(stage, plan, order.faults)
    await stage.server.heal()
    tell('sends the producers home')
    await stage.producers.sendHome()
    tell('drains')
    await drained(stage)
    await stage.endWatch()
    const stats = await statsOf(stage)
    tell('sends the workers home')
    await stage.workers.sendHome()
    await stage.listeners.sendHome()
    const state = await stage.ask((client) => readFinalState(client, { broken: stage.broken, stats }))
    return judged(plan, stage, { history: readHistory(stage.directory), state }, order.faults)
  } finally {
    await stage.close()
  }
}

/** Waits until nothing is left to do and all has been told. That it never comes to that, the invariants say of each job. */
async function drained(stage: Stage): Promise<void> {
  await until(
    'all is done and told',
    () =>
      stage.ask(async (client) => {
        const { rows } = await client.query(OPEN)
        return rows[0].open === 0 && rows[0].untold === 0
      }),
    { within: '10m' },
  ).catch((error) => stage.write({ did: 'trouble', message: 'it never drained', code: String(error) }))
}

/** The horizon of events moves on with the transactions of others, so what is told last takes a moment. */
const OPEN = `
select (select count(*)::int from worker.job_status where state in ('scheduled', 'available', 'running', 'retrying')) as open,
  (select count(*)::int from worker.event e join worker.named_listener l on (e.tx, e.id) > (l.tx, l.id)
    where e.kind in ('j', 'b')) + (select count(*)::int from worker.event_again) as untold`

async function statsOf(stage: Stage): Promise<FinalState['stats']> {
  const queue = createJobQueue({ connectionString: stage.server.url })
  try {
    return { ...(await queue.getStats()) }
  } finally {
    await queue.close()
  }
}

function judged(plan: Plan, stage: Stage, evidence: Evidence, faults: readonly Fault[]): Run {
  const struck = evidence.history.filter((event) => event.did === 'fault')
  return {
    plan,
    version: stage.server.version,
    directory: stage.directory,
    evidence,
    faults: Object.fromEntries(
      faults
        .filter(({ name }) => plan.faults.includes(name))
        .map((fault) => {
          const deeds = struck.filter((deed) => deed.fault === fault.name)
          return [
            fault.name,
            { struck: deeds.length, landed: deeds.filter((deed) => fault.landed(deed, evidence)).length },
          ]
        }),
    ),
    violations: allInvariants.flatMap(({ id, check }) =>
      check(evidence).map((finding) => ({ invariant: id, ...finding })),
    ),
  }
}
