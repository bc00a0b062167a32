import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '@jq/testing'
import { machineMs } from '../history/history-file.ts'
import type { Stage } from '../run/stage.ts'
import type { Fault } from './fault.ts'
import type { Plan, Step } from './plan.ts'

/** Does what was planned. Faults of different classes overlap; those of one class follow each other where it does not overlap. */
export async function haunt(stage: Stage, plan: Plan, faults: readonly Fault[]): Promise<void> {
  const begin = performance.now()
  await Promise.all(
    faults
      .filter(({ name }) => plan.faults.includes(name))
      .map(async (fault) => {
        const under: Promise<void>[] = []
        for (const step of plan.steps.filter((step) => step.fault === fault.name)) {
          await pause(Math.max(0, begin + step.atMs - performance.now()))
          // One that is late, since the one before took long, would strike at a time that nobody planned.
          if (performance.now() - begin > step.atMs + fault.everyMs) continue
          const struck = strike(stage, fault, step)
          if (fault.overlaps) under.push(struck)
          else await struck
        }
        await Promise.all(under)
      }),
  )
}

async function strike(stage: Stage, fault: Fault, { seed }: Step): Promise<void> {
  const from = machineMs()
  try {
    const struck = await fault.strike(stage, seededRandom(seed))
    if (struck === null) return
    const { victim, workerId, done = {} } = struck
    stage.write({ did: 'fault', fault: fault.name, from, victim, workerId, done })
  } catch (error) {
    // The database may be away because of another fault; then this one did not strike.
    stage.write({ did: 'trouble', message: `${fault.name} could not strike`, code: String(error) })
  }
}
