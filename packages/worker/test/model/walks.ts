import type { JobQueue } from '@jq/core'
import { testSeed } from '@jq/testing'
import { type BigBang, Hand } from '@jq/testing/conformance'
import fc from 'fast-check'
import { expect } from 'vitest'
import { Act, type Acts } from './act.ts'
import { callerActs } from './caller-acts.ts'
import { failedSeeds } from './failed-seeds.ts'
import { LIMITS, QueueModel } from './queue-model.ts'
import { SCHEDULES, scheduleActs } from './schedule-acts.ts'
import { expectedStats } from './seen.ts'
import { workerActs } from './worker-acts.ts'

const HANDS = 2
const MOST_STEPS = 60
/** How often each act is among the steps, where that is not once. */
const OFTEN: Readonly<Record<string, number>> = {
  claim: 6,
  settle: 8,
  add: 2,
  addBundle: 3,
  look: 4,
  aSilence: 3,
  anHourOfBeats: 2,
  succeedAll: 4,
  death: 2,
  deaths: 2,
  schedule: 2,
  tick: 3,
}

export interface WalkOptions {
  readonly seed?: number | undefined
  readonly walks: number
  readonly withinMs: number
  /** Whether the clock of the queue stands, and goes ahead when time is let pass; else what is stored goes back. */
  readonly clockGoesAhead: boolean
}

/**
 * Takes random walks through all that can be asked of a queue, and expects after each step that it is as its model says.
 *
 * @returns which command has met a job in which situation, such as `cancelJob · running`, and what became of ticks, such as `skip: left out`
 */
export async function walksAgree(
  bigBang: BigBang,
  { seed = testSeed(), walks, withinMs, clockGoesAhead }: WalkOptions,
): Promise<ReadonlySet<string>> {
  const end = performance.now() + withinMs
  const bang = await bigBang()
  const met = new Set<string>()
  let walksTaken = 0
  let aheadMs = 0
  const age = async (ms: number) => {
    await bang.age(ms)
    if (clockGoesAhead) aheadMs += ms
  }
  const universe = { ...bang, age }
  const begunAt = clockGoesAhead ? await standingTime(universe.queue) : 0
  const now = () => (clockGoesAhead ? begunAt + aheadMs : Date.now())
  try {
    const settings = { ...LIMITS, timeoutMs: 0 }
    const hands = await Promise.all(Array.from({ length: HANDS }, () => Hand.join(universe.queue, settings)))
    const walk = async (steps: Iterable<fc.AsyncCommand<QueueModel, Parameters<Act['run']>[1]>>) => {
      await universe.queue.deleteAllJobsAndBundles()
      await Promise.all(SCHEDULES.map((name) => universe.queue.unschedule(name)))
      for (const hand of hands) await hand.beat()
      const model = new QueueModel(HANDS, met)
      walksTaken++
      await fc.asyncModelRun(() => ({ model, real: { model, universe, hands, clockGoesAhead, now } }), steps)
      // What holds after each step, and costs more to ask for.
      expect(await universe.queue.getStats()).toEqual(expectedStats(model))
      expect(await universe.broken()).toEqual([])
    }
    for (const { seed, path, replayPath } of failedSeeds)
      await fc.assert(fc.asyncProperty(stepsOf(replayPath), walk), { seed, path, endOnFailure: true })
    console.info(`walks: seed ${seed}`)
    // An interrupted walk would go on in a queue that is closed: none begins when the time is over.
    const inTime = fc.asyncProperty(stepsOf(), async (steps) => {
      if (performance.now() < end) await walk(steps)
    })
    await fc.assert(inTime, { seed, numRuns: walks })
    console.info(`walks: ${walksTaken} taken`)
    return met
  } finally {
    await universe.close()
  }
}

/** What a clock that stands shows. */
async function standingTime(queue: JobQueue): Promise<number> {
  const [added] = await queue.addMany([{ type: 'work', payload: {} }])
  return (await queue.getJob(added?.id as string))?.createdAt.getTime() as number
}

function stepsOf(replayPath?: string) {
  const acts: Acts = { ...callerActs, ...workerActs, ...scheduleActs }
  const numbers = fc.array(fc.nat(23), { minLength: 6, maxLength: 6 })
  const steps = Object.entries(acts).flatMap(([name, act]) =>
    Array.from({ length: OFTEN[name] ?? 1 }, () => numbers.map((chosen) => new Act(name, act, chosen))),
  )
  return fc.commands(steps, {
    maxCommands: MOST_STEPS,
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  })
}
