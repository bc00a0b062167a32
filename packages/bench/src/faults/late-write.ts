import { clock } from '../process-talk.ts'
import { cameWithin, isOver, Stand } from './stand.ts'
import type { JobLook, Subject } from './subject.ts'
import { runsOf, type SubjectProcess } from './subject-talk.ts'

/** What is seen of a worker that stands still, loses its job to another one, goes on, and ends its attempt first. */
export interface LateWriteSeen {
  readonly how: 'success' | 'failure'
  /** Who gave the job to another process. */
  readonly handedOver: 'by itself' | 'by hand' | 'no'
  /** From the standstill until another process entered the handler. */
  readonly handedOverMs: number | null
  /** Whether the handler's signal told the late process before it ended its attempt. */
  readonly wasTold: boolean
  /** What the store said of the job after the late end, while the second attempt still ran. */
  readonly afterLate: JobLook
  /** Entries of handlers before the second attempt was let go, and in all. */
  readonly runsBefore: number
  readonly runs: number
  readonly inTheEnd: JobLook
}

/** How patient a run is. */
export interface LateWritePatience {
  readonly leaseMs: number
  /** Beyond the lease, until somebody else should have the job. */
  readonly graceMs: number
  /** After the late end, for what may follow it. */
  readonly watchMs: number
}

const N = 1

/** Plays it once. The handlers wait until they are let go, so that nothing is left to chance but the queue's own doing. */
export async function seeLateWrite(
  subject: Subject,
  url: string,
  how: LateWriteSeen['how'],
  { leaseMs, graceMs, watchMs }: LateWritePatience,
): Promise<LateWriteSeen> {
  const stand = await Stand.open(subject, url, leaseMs)
  const hands = { atOnce: { held: 2 }, leaseMs }
  try {
    const first = await stand.hire('first', hands)
    const id = await stand.desk.add('held', { n: N, does: { what: 'wait' } }, { retries: 5 })
    await first.waitFor('the job has begun', (event) => event.said === 'begun', { within: '30s' })
    const second = await stand.hire('second', hands)
    await first.stop()
    const stoodStill = clock()
    const handedOver = await handOver(stand, id, second, leaseMs + graceMs)
    first.resume()
    first.send({ n: N, how })
    await first.waitFor('the late attempt ends', (event) => event.said === 'ended', { within: '30s' })
    const both = [first, second]
    const before = runsOf(both, [N]).length
    await cameWithin(watchMs, () => runsOf(both, [N]).length > before)
    const afterLate = await stand.desk.look(id)
    const runsBefore = runsOf(both, [N]).length
    for (const process of both) process.send({ n: N, how: 'success' })
    const inTheEnd = (await stand.seen(id, isOver, 15_000)) ?? (await stand.desk.look(id))
    const [taken] = runsOf([second], [N])
    const [late] = runsOf([first], [N], 'ended')
    return {
      how,
      handedOver,
      handedOverMs: taken ? Math.round(taken.at - stoodStill) : null,
      wasTold: runsOf([first], [N], 'aborted').some(({ run, at }) => run === late?.run && at < late.at),
      afterLate,
      runsBefore,
      runs: runsOf(both, [N]).length,
      inTheEnd,
    }
  } finally {
    await stand.close()
  }
}

/** Waits until the second process has the job; where it does not come by itself, it is taken away by hand. */
async function handOver(
  { desk }: Stand,
  id: string,
  second: SubjectProcess,
  withinMs: number,
): Promise<LateWriteSeen['handedOver']> {
  const hasIt = () => runsOf([second], [N]).length > 0
  if (await cameWithin(withinMs, hasIt)) return 'by itself'
  await desk.takeAway?.(id)
  return (await cameWithin(10_000, hasIt)) ? 'by hand' : 'no'
}
