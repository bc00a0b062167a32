// Shifts the wall clock of a process: `node --import file:///…/shifted-clock.ts?ms=86400000 program.js` lives a day ahead.
// `Date` is shifted in the main thread and in all worker threads; the monotonic clocks (`performance.now`, timers) and
// `Temporal` are not. While the process runs, its parent may send `{ clock: { shiftMs } }` or `{ clock: 'frozen' }` by
// Node.js's message channel; the answer `{ clock: 'set' }` says that it is done.
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

const SHIFT_MS = 0
const FROZEN_AT = 1
/** Shared by all threads: at SHIFT_MS what is added, at FROZEN_AT the moment that the clock shows for ever, if not 0. */
const clock = isMainThread ? newClock() : (getEnvironmentData('@jq/shifted-clock') as BigInt64Array)

const RealDate = Date
const realNow = Date.now.bind(Date)

RealDate.now = shiftedNow
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  apply: () => new RealDate(shiftedNow()).toString(),
})
Date.prototype.constructor = Date

if (isMainThread && process.channel) {
  process.on('message', obey)
  process.channel.unref() // to be ready for a message is no reason to stay alive
}

function newClock(): BigInt64Array {
  const clock = new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT))
  clock[SHIFT_MS] = BigInt(new URL(import.meta.url).searchParams.get('ms') ?? 0)
  setEnvironmentData('@jq/shifted-clock', clock)
  return clock
}

function shiftedNow(): number {
  const frozenAt = Number(Atomics.load(clock, FROZEN_AT))
  return frozenAt === 0 ? realNow() + Number(Atomics.load(clock, SHIFT_MS)) : frozenAt
}

function obey(message: unknown): void {
  const { clock: wish } = message as { clock?: 'frozen' | { shiftMs: number } }
  if (wish === undefined) return
  if (wish === 'frozen') Atomics.store(clock, FROZEN_AT, BigInt(shiftedNow()))
  else setShift(wish.shiftMs)
  process.send?.({ clock: 'set' })
}

function setShift(shiftMs: number): void {
  Atomics.store(clock, SHIFT_MS, BigInt(shiftMs))
  Atomics.store(clock, FROZEN_AT, 0n)
}
