import { setTimeout as pause } from 'node:timers/promises'
import { startTcpProxy } from '@jq/testing/lab'
import { clock } from '../process-talk.ts'
import { cameWithin, isOver, Stand } from './stand.ts'
import type { Subject } from './subject.ts'
import { runsOf, type SubjectProcess } from './subject-talk.ts'

/** What is seen of a process between which and the server everything vanishes for a while. */
export interface BlackHoleSeen {
  /** What becomes of the connections of before, once the hole has ended. */
  readonly after: 'reset' | 'silent'
  readonly holeMs: number
  /** For so long it was looked at after the hole. */
  readonly watchedMs: number
  /** One that has ended is replaced, as a platform does. */
  readonly isProcessAlive: boolean
  /** From the end of the hole until that process, or the new one, entered the next handler; null: neither did. */
  readonly goesOnMs: number | null
  readonly held: readonly HeldSeen[]
  /** Jobs that had not ended when it was looked at last. */
  readonly unended: number
}

/** A job that the process had in hand; its handler lasted for a part of the hole. */
export interface HeldSeen {
  /** From the begin of the hole until another process had entered its handler; null: none did. */
  readonly elsewhereMs: number | null
  /** From the begin of the hole until it had ended for good; null: it had not. */
  readonly endedMs: number | null
  readonly runs: number
}

/** How patient a run is. */
export interface BlackHolePatience {
  readonly leaseMs: number
  readonly holeMs: number
  /** For so long the jobs in hand last. */
  readonly heldMs: number
  readonly watchMs: number
}

const HELD = [1, 2]
const PROBES = [11, 12, 13]

/** Two jobs are in hand when the hole opens; meanwhile three more are added, which only this process works on. */
export async function seeBlackHole(
  subject: Subject,
  url: string,
  after: BlackHoleSeen['after'],
  { leaseMs, holeMs, heldMs, watchMs }: BlackHolePatience,
): Promise<BlackHoleSeen> {
  const stand = await Stand.open(subject, url, leaseMs)
  const proxy = await startTcpProxy(url)
  let isClosing = false
  try {
    const hire = () => stand.hire('first', { atOnce: { held: 2, probe: 1 }, leaseMs }, proxy.url(url))
    const first = await hire()
    const firsts = [first]
    let isProcessAlive = true
    void first.exited.then(async () => {
      if (isClosing) return
      isProcessAlive = false
      firsts.push(
        ...(await hire().then(
          (process) => [process],
          () => [], // the hole is still open, or the stand was closed
        )),
      )
    })
    const add = (type: 'held' | 'probe', n: number, ms: number) =>
      stand.desk.add(type, { n, does: { what: 'last', ms } }, { retries: 5 })
    const held = await Promise.all(HELD.map((n) => add('held', n, heldMs)))
    for (const n of HELD)
      await first.waitFor(`job ${n} has begun`, (event) => event.said === 'begun' && event.n === n, {
        within: '30s',
      })
    const second = await stand.hire('second', { atOnce: { held: 2 }, leaseMs })
    proxy.blackhole()
    const opened = clock()
    const ended = watchEnds(stand, held, opened, holeMs + watchMs)
    const probes = await Promise.all(PROBES.map((n) => add('probe', n, 0)))
    await pause(opened + holeMs - clock())
    proxy.pass()
    if (after === 'reset') proxy.cut()
    const closed = clock()
    const next = () => runsOf(firsts, PROBES).find(({ at }) => at > closed)
    await cameWithin(watchMs, () => next() !== undefined)
    const endedMs = await ended
    const looks = await Promise.all([...held, ...probes].map((id) => stand.seen(id, isOver, 5_000)))
    return {
      after,
      holeMs,
      watchedMs: watchMs,
      isProcessAlive,
      goesOnMs: msSince(closed, next()?.at),
      held: HELD.map((n, place) => heldSeen(n, { firsts, second }, opened, endedMs[place] ?? null)),
      unended: looks.filter((look) => look === null).length,
    }
  } finally {
    isClosing = true
    await stand.close()
    await proxy.close()
  }
}

/** When each of them had ended for good. */
function watchEnds(
  stand: Stand,
  ids: readonly string[],
  since: number,
  withinMs: number,
): Promise<readonly (number | null)[]> {
  return Promise.all(
    ids.map(async (id) => {
      const look = await stand.seen(id, isOver, withinMs)
      return look === null ? null : msSince(since, clock())
    }),
  )
}

function heldSeen(
  n: number,
  { firsts, second }: { firsts: readonly SubjectProcess[]; second: SubjectProcess },
  opened: number,
  endedMs: number | null,
): HeldSeen {
  const [elsewhere] = runsOf([second], [n])
  return {
    elsewhereMs: msSince(opened, elsewhere?.at),
    endedMs,
    runs: runsOf([...firsts, second], [n]).length,
  }
}

function msSince(from: number, at: number | undefined): number | null {
  return at === undefined ? null : Math.round(at - from)
}
