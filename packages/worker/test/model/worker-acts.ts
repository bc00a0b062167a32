import { AttemptLostError } from '@jq/core'
import type { Outcome } from '@jq/core/internal'
import { expect } from 'vitest'
import { isRunning } from '../../../testing/src/conformance/state-model.ts'
import { type Command, fenced } from '../../../testing/src/conformance/transitions.ts'
import { type Acts, agree, type Walk } from './act.ts'
import { pass } from './pass.ts'
import { A_SILENCE, AN_HOUR, type Claim, LIMITS, type ModelJob, type QueueModel } from './queue-model.ts'

const error = { message: 'no', data: null }
const key = ({ seq, attempt }: Claim) => ({ seq, attempt })

/** What each end is on the wire. Whatever waits then waits for an hour, so that no real second makes it due. */
const ENDS = {
  succeeded: (claim) => ({ ...key(claim), kind: 'succeeded', result: '{"n":1}' }),
  failed: (claim) => ({ ...key(claim), kind: 'failed', error, retry: { waitMs: AN_HOUR } }),
  timedOut: (claim) => ({ ...key(claim), kind: 'timedOut', error, retry: { waitMs: AN_HOUR } }),
  terminal: (claim) => ({ ...key(claim), kind: 'terminal', error }),
  cancelled: (claim) => ({ ...key(claim), kind: 'cancelled', error }),
  snoozed: (claim) => ({ ...key(claim), kind: 'snoozed', delayMs: AN_HOUR }),
  released: (claim) => ({ ...key(claim), kind: 'released' }),
} as const satisfies { readonly [end in Command]?: (claim: Claim) => Outcome }
const KINDS = Object.keys(ENDS) as (keyof typeof ENDS)[]
/** Longer than the wait after any time-out here, and no longer than a process may be silent. */
const A_WHILE = 17_000

/** What workers do. The numbers choose among what there is. */
export const workerActs: Acts = {
  async claim({ model, hands }, [who = 0, many = 0]) {
    const [hand, room] = [who % hands.length, 1 + (many % 3)]
    if (model.isSilent(hand)) model.beat(hand) // as a claim does that is told so
    const claimed = await (hands[hand] as (typeof hands)[number]).claim(room)
    const best = model.best(room)
    expect(claimed.map(({ job }) => job.id).sort()).toEqual(best.map(({ id }) => id).sort())
    for (const { seq, attempt, job } of claimed) {
      const found = model.jobs.get(job.id) as ModelJob
      model.apply('claim', job.id)
      found.holder = hand
      found.seq = seq
      found.deadline = found.timeoutMs === undefined ? null : model.now + found.timeoutMs
      expect(attempt).toBe(found.standing.attempt)
      model.claims.push({ jobId: job.id, seq, attempt, hand })
    }
  },
  async settle({ model, hands }, [which = 0, how = 0, who = 0]) {
    const claim = chosen(model, which)
    if (claim === undefined) return
    const kind = KINDS[how % KINDS.length] as keyof typeof ENDS
    // Mostly by whom it belongs to.
    const hand = who % 4 === 0 ? who % hands.length : claim.hand
    const { lost, busy } = await (hands[hand] as (typeof hands)[number]).settle(
      bundled(model, claim, ENDS[kind](claim)),
    )
    expect(busy).toEqual([])
    expect(lost.length > 0 ? 'lost' : 'settled').toBe(settled(model, claim, hand, kind))
  },
  /** All that one has in hand, or finds, succeeds, and is told together. */
  succeedAll: (walk, [who = 0]) => endAll(walk, who, 'succeeded'),
  /** All of it fails for good. */
  giveUpAll: (walk, [who = 0]) => endAll(walk, who, 'terminal'),
  async check({ model, hands, clockGoesAhead }, [which = 0]) {
    const claim = chosen(model, which)
    if (claim === undefined) return
    const [answer] = await (hands[claim.hand] as (typeof hands)[number]).check(key(claim))
    const isHeld = held(model, claim, claim.hand)
    const expected = isHeld ? model.apply('check', claim.jobId) : 'lost'
    // A service whose clock is its own says what a worker's clock cannot.
    const isLate = clockGoesAhead && isHeld && model.isLate(claim.jobId)
    expect(answer?.news ?? 'held').toBe(expected === 'held' && isLate ? 'timedOut' : expected)
  },
  async progress({ model, hands }, [which = 0]) {
    const claim = chosen(model, which)
    if (claim === undefined) return
    const { queue, id } = hands[claim.hand] as (typeof hands)[number]
    const told = queue.work.setProgress(id, key(claim), claim.jobId, '"half"').then(
      () => 'kept',
      (error) => (error instanceof AttemptLostError ? 'lost' : Promise.reject(error)),
    )
    expect(await told).toBe(held(model, claim, claim.hand) ? model.apply('setProgress', claim.jobId) : 'lost')
  },
  async beat({ model, hands }, [who = 0]) {
    const hand = who % hands.length
    await hands[hand]?.beat()
    model.beat(hand)
  },
  async look(walk, [who = 0]) {
    await walk.hands[who % walk.hands.length]?.look()
    const timedOut = reap(walk.model)
    walk.model.promote()
    if (timedOut.length === 0) return
    await agree(walk)
    for (const job of timedOut) job.dueAt = walk.model.now + A_WHILE
    await pass(walk, A_WHILE) // lest it falls due by real time
  },
  /** One falls silent, while the others go on. */
  async death(walk, [who = 0]) {
    const { hands, model } = walk
    await pass(walk, A_SILENCE)
    for (const [hand, worker] of hands.entries()) {
      if (hand === who % hands.length) continue
      await worker.beat()
      model.beat(hand)
    }
    await workerActs.look?.(walk, [who + 1])
  },
  /** Whoever takes them dies under them, until nobody takes them again. */
  async deaths(walk, [who = 0]) {
    for (let death = 0; death < LIMITS.maxCrashCount; death++) {
      await pass(walk, AN_HOUR)
      await workerActs.claim?.(walk, [who, 2])
      await workerActs.death?.(walk, [who])
      await agree(walk) // a bundle may have stopped, and from now on its time counts
    }
  },
  async releaseUnknown({ model, hands }, [who = 0]) {
    const hand = who % hands.length
    const { queue, id } = hands[hand] as (typeof hands)[number]
    await queue.work.releaseUnknown(id, [])
    for (const job of heldBy(model, hand)) end(model, job, 'released', 'released')
  },
}

async function endAll(walk: Walk, who: number, kind: 'succeeded' | 'terminal'): Promise<void> {
  const { model, hands } = walk
  const hand = who % hands.length
  if (heldBy(model, hand).length === 0) await workerActs.claim?.(walk, [who, 2])
  const jobs = heldBy(model, hand)
  const outcomes = jobs.map(({ id, seq, standing }) => {
    const claim = { jobId: id, seq: seq as string, attempt: standing.attempt, hand }
    return bundled(model, claim, ENDS[kind](claim))
  })
  const { lost, busy } = await (hands[hand] as (typeof hands)[number]).settle(...outcomes)
  expect([...lost, ...busy]).toEqual([])
  for (const job of jobs) end(model, job, kind, fenced[kind]?.recorded as string)
}

/** Ends what the silent hold, and what others hold for too long. @returns what so waits for its next attempt, for some seconds */
function reap(model: QueueModel): ModelJob[] {
  const timedOut: ModelJob[] = []
  for (const [hand, state] of model.hands.entries()) {
    const isSilent = model.isSilent(hand)
    state.wasReaped ||= isSilent
    for (const job of heldBy(model, hand)) {
      if (isSilent) end(model, job, 'reapSilent', 'crashed')
      else if (model.isOverdue(job)) {
        end(model, job, 'reapOverdue', 'timedOut')
        if (job.standing.situation === 'retrying') timedOut.push(job)
      }
    }
  }
  return timedOut
}

/** The newest are the likeliest to be in hand. */
function chosen({ claims }: QueueModel, which: number): Claim | undefined {
  const newest = claims.slice(-6)
  return newest[which % Math.max(1, newest.length)]
}

/** As a worker says it, who knows from its claim what else the end of the job concerns. */
function bundled(model: QueueModel, { jobId }: Claim, outcome: Outcome): Outcome {
  const job = model.jobs.get(jobId)
  if (outcome.kind !== 'succeeded' || job === undefined) return outcome
  return { ...outcome, bundleId: job.bundleId, keyed: job.uniqueKey !== null }
}

function heldBy(model: QueueModel, hand: number): ModelJob[] {
  return [...model.jobs.values()].filter((job) => job.holder === hand)
}

function held(model: QueueModel, { jobId, seq, attempt }: Claim, hand: number): boolean {
  const job = model.jobs.get(jobId)
  return job !== undefined && job.holder === hand && job.seq === seq && job.standing.attempt === attempt
}

/** What a worker is answered, and what becomes of the job. One that repeats what it has recorded itself is content. */
function settled(model: QueueModel, claim: Claim, hand: number, kind: keyof typeof ENDS): string | null {
  const job = model.jobs.get(claim.jobId)
  const recorded = fenced[kind]?.recorded as string
  if (job !== undefined && held(model, claim, hand)) return end(model, job, kind, recorded)
  if (job === undefined || job.seq !== claim.seq) return 'lost'
  const before = job.ended.get(claim.attempt)
  const isThere =
    recorded !== 'succeeded' ||
    (job.standing.situation === 'succeeded' && job.standing.attempt === claim.attempt)
  return before?.hand === hand && before.recorded === recorded && isThere ? 'settled' : 'lost'
}

function end(model: QueueModel, job: ModelJob, command: Command, recorded: string): string | null {
  const { situation, attempt } = job.standing
  const hand = job.holder as number
  const answer = model.apply(command, job.id)
  const isCancelled =
    situation === 'resetWished' || (situation === 'cancelWished' && recorded !== 'succeeded')
  job.ended.set(attempt, { hand, recorded: isCancelled ? 'cancelled' : recorded })
  if (!isRunning(job.standing.situation)) job.dueAt = model.now + AN_HOUR
  return answer
}
