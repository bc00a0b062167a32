// Shifts the wall clock of a process: `node --import file:///…/shifted-clock.ts?ms=86400000 program.js` lives a day ahead.
// `Date` is shifted in the main thread and in its worker threads; the monotonic clocks (`performance.now`, timers) and
// `Temporal` are not. While the process runs, its parent may send `{ clock: { shiftMs } }` or `{ clock: 'frozen' }` by
// Node.js's message channel; the answer `{ clock: 'set' }` says that it is done.
//
// Threads run from a string of CommonJS skip `--import`, so `--require` names this file too, where it has no `?ms`: it
// then waits in the main thread for its other self, and is the first of the two in every other thread.
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

const SHIFT_MS = 0
const FROZEN_AT = 1
const RealDate = Date
const realNow = Date.now.bind(Date)
/** Shared by all threads: at SHIFT_MS what is added, at FROZEN_AT the moment that the clock shows for ever, if not 0. */
const clock = isMainThread
  ? newClock()
  : (getEnvironmentData('@jq/shifted-clock') as BigInt64Array | undefined)

if (clock && Date.now.name !== shiftedNow.name) {
  shiftDate()
  if (isMainThread) listenToParent()
}

function newClock(): BigInt64Array | undefined {
  const shiftMs = new URL(import.meta.url).searchParams.get('ms')
  if (shiftMs === null) return undefined
  const clock = new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT))
  clock[SHIFT_MS] = BigInt(shiftMs)
  setEnvironmentData('@jq/shifted-clock', clock)
  return clock
}

function shiftDate(): void {
  RealDate.now = shiftedNow
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
    apply: () => new RealDate(shiftedNow()).toString(),
  })
  Date.prototype.constructor = Date
}

function shiftedNow(): number {
  const frozenAt = read(FROZEN_AT)
  return frozenAt === 0 ? realNow() + read(SHIFT_MS) : frozenAt
}

function listenToParent(): void {
  process.on('message', obey)
  process.channel?.unref() // to be ready for a message is no reason to stay alive
}

function obey(message: unknown): void {
  const { clock: wish } = message as { clock?: 'frozen' | { shiftMs: number } }
  if (wish === undefined) return
  if (wish === 'frozen') write(FROZEN_AT, shiftedNow())
  else setShift(wish.shiftMs)
  process.send?.({ clock: 'set' })
}

function setShift(shiftMs: number): void {
  write(SHIFT_MS, shiftMs)
  write(FROZEN_AT, 0)
}

function read(place: number): number {
  return Number(Atomics.load(clock as BigInt64Array, place))
}

function write(place: number, ms: number): void {
  Atomics.store(clock as BigInt64Array, place, BigInt(ms))
}
