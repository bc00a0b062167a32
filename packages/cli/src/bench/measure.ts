import { defineJob, type WorkerService } from '@jq/core'
import { createWorker } from '@jq/worker'
import { z } from 'zod'

/** What is measured. */
export interface BenchPlan {
  readonly jobs: number
  readonly threads: number
  readonly payloadBytes: number
  /** Jobs that are added one by one to an idle worker. */
  readonly singles: number
}

/** What came of it. Times are milliseconds. */
export interface BenchFigures extends BenchPlan {
  /** Jobs a second, all in one transaction. */
  readonly addedTogetherPerSecond: number
  /** Jobs a second, each by a call of its own, 32 calls at a time. */
  readonly addedSinglyPerSecond: number
  /** Jobs a second, whose handlers do nothing. */
  readonly runPerSecond: number
  /** From the call of `add` to the first line of the handler, of one job at a time while nothing else is to do. */
  readonly startLatency: {
    readonly p50: number
    readonly p95: number
    readonly p99: number
    readonly max: number
  }
}

const trial = defineJob('bench', { payload: z.object({ filler: z.string() }) })

/** Adds jobs, runs them, and then waits for single ones; the queue's schema is empty, and nobody else knows it. */
export async function measured(
  queue: WorkerService,
  plan: BenchPlan,
  signal: AbortSignal,
): Promise<BenchFigures> {
  const filler = 'x'.repeat(plan.payloadBytes)
  const half = Math.ceil(plan.jobs / 2)
  const togetherMs = await timed(async () => {
    await queue.addMany(Array.from({ length: half }, () => trial.with({ filler })))
  })
  signal.throwIfAborted()
  const singly = plan.jobs - half
  const singlyMs = await timed(() => inLanes(32, singly, () => queue.add(trial, { filler })))
  signal.throwIfAborted()
  const runMs = await timed(() => drained(queue, plan, signal))
  const latencies = await startLatencies(queue, plan, signal)
  return {
    ...plan,
    addedTogetherPerSecond: perSecond(half, togetherMs),
    addedSinglyPerSecond: perSecond(singly, singlyMs),
    runPerSecond: perSecond(plan.jobs, runMs),
    startLatency: {
      p50: at(latencies, 0.5),
      p95: at(latencies, 0.95),
      p99: at(latencies, 0.99),
      max: at(latencies, 1),
    },
  }
}

async function drained(
  queue: WorkerService,
  { jobs, threads }: BenchPlan,
  signal: AbortSignal,
): Promise<void> {
  const done = Promise.withResolvers<void>()
  let left = jobs
  const worker = createWorker(queue).register(trial, () => {
    if (--left === 0) done.resolve()
  })
  await worker.startThreads(threads)
  try {
    await Promise.race([done.promise, aborted(signal)])
  } finally {
    await worker.finishThreads()
  }
}

async function startLatencies(
  queue: WorkerService,
  { singles }: BenchPlan,
  signal: AbortSignal,
): Promise<number[]> {
  let begun = Promise.withResolvers<number>()
  const worker = createWorker(queue).register(trial, () => begun.resolve(performance.now()))
  await worker.startThreads(1)
  const latencies: number[] = []
  try {
    while (latencies.length < singles) {
      begun = Promise.withResolvers()
      const askedAt = performance.now()
      await queue.add(trial, { filler: '' })
      const begunAt = await Promise.race([begun.promise, aborted(signal)])
      latencies.push(begunAt - askedAt)
    }
  } finally {
    await worker.finishThreads()
  }
  return latencies.sort((a, b) => a - b)
}

async function inLanes(lanes: number, times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times
  const lane = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  throw signal.reason
}

function perSecond(count: number, ms: number): number {
  return Math.round((count / ms) * 1_000)
}

/** By the nearest rank. */
function at(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return Math.round(value * 100) / 100
}
