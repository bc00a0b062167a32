import { setTimeout as pause } from 'node:timers/promises'
import { ODD_VALUES } from './odd-values.ts'
import { cameWithin, isOver, Stand } from './stand.ts'
import type { JobLook, Subject } from './subject.ts'
import { runsOf, type SubjectProcess } from './subject-talk.ts'

/** What is seen of a handler that threw or returned an odd value. */
export interface OddSeen {
  readonly name: string
  readonly way: 'thrown' | 'returned'
  /** Whether its attempt was recorded at once; null: its handler was never entered. */
  readonly recorded: JobLook['state'] | null
  /** Whether it is said why it failed, where it did. */
  readonly hasError: boolean
  readonly isProcessAlive: boolean
  /** Whether the job added after it ran in the same process. */
  readonly goesOn: boolean
  /** What the store says of it when nobody waits any more. */
  readonly inTheEnd: JobLook['state']
}

/** How patient a run is. */
export interface OddPatience {
  readonly leaseMs: number
  /** For a job to be entered, to be recorded, and for the one behind it to be entered. */
  readonly stepMs: number
  /** After all of them, for what the queue finds out later. */
  readonly lateMs: number
}

/** One value after the other in one process with one thread, so that a thread that does not go on is seen. A process that died is replaced. */
export async function seeUnrecordable(
  subject: Subject,
  url: string,
  { leaseMs, stepMs, lateMs }: OddPatience,
  values = ODD_VALUES,
): Promise<readonly OddSeen[]> {
  const stand = await Stand.open(subject, url, leaseMs)
  const hire = () => stand.hire('first', { atOnce: { held: 1 }, leaseMs })
  const found: { id: string; seen: OddSeen }[] = []
  let process: SubjectProcess | undefined
  try {
    for (const { name, ...ways } of values)
      for (const way of ['thrown', 'returned'] as const) {
        if (ways[way] === null) continue
        // One that died, or whose thread stands still, is no witness of what comes next.
        if (process === undefined || !found.at(-1)?.seen.goesOn) {
          await process?.kill()
          process = await hire()
        }
        found.push(await seeOne(stand, process, { n: 2 * found.length, name, way }, stepMs))
      }
    if (found.some(({ seen }) => seen.recorded === 'running')) await pause(lateMs)
    return await Promise.all(
      found.map(async ({ id, seen }) => ({ ...seen, inTheEnd: (await stand.desk.look(id)).state })),
    )
  } finally {
    await stand.close()
  }
}

async function seeOne(
  stand: Stand,
  process: SubjectProcess,
  { n, name, way }: { n: number; name: string; way: OddSeen['way'] },
  stepMs: number,
): Promise<{ id: string; seen: OddSeen }> {
  let isProcessAlive = true
  void process.exited.then(() => {
    isProcessAlive = false
  })
  const begins = (job: number) =>
    cameWithin(stepMs, () => !isProcessAlive || runsOf([process], [job]).length > 0)
  const id = await stand.desk.add('held', { n, does: { what: 'odd', name, way } }, { retries: 0 })
  await begins(n)
  const wasEntered = runsOf([process], [n]).length > 0
  const look = (await stand.seen(id, isOver, stepMs)) ?? (await stand.desk.look(id))
  await stand.desk.add('held', { n: n + 1, does: { what: 'last', ms: 0 } }, { retries: 0 })
  await begins(n + 1)
  const goesOn = runsOf([process], [n + 1]).length > 0
  const recorded = wasEntered ? look.state : null
  return {
    id,
    seen: { name, way, recorded, hasError: look.hasError, isProcessAlive, goesOn, inTheEnd: look.state },
  }
}
