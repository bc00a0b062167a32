import type { Socket } from 'node:net'
import { resetSocket } from './reset-socket.ts'

/** What moves from one socket to the other: bytes, the end of them, or a reset. */
export type Parcel = Buffer | 'end' | 'reset'

/** What {@link Flow} asks before it delivers. */
export interface FlowRules {
  /** How long a parcel is on its way. */
  delayMs(): number
  /** Whether nothing is delivered for now; it is delivered later. */
  isHeld(): boolean
  /** Whether parcels vanish. */
  isSwallowed(): boolean
  /** Called for each parcel that vanished. */
  onSwallowed(): void
}

/** One direction of a proxied connection: parcels reach the target in order, late, or never. */
export class Flow {
  readonly #source: Socket
  readonly #target: Socket
  readonly #rules: FlowRules
  readonly #underway: { parcel: Parcel; dueAt: number }[] = []
  #alarm: NodeJS.Timeout | undefined

  constructor(source: Socket, target: Socket, rules: FlowRules) {
    this.#source = source
    this.#target = target
    this.#rules = rules
    target.on('drain', () => this.deliver())
  }

  send(parcel: Parcel): void {
    this.#underway.push({ parcel, dueAt: performance.now() + this.#rules.delayMs() })
    this.deliver()
  }

  /** Delivers what is due. To be called when the rules have changed; it calls itself when time has passed. */
  deliver(): void {
    clearTimeout(this.#alarm)
    while (this.#isNextDue()) this.#hand(this.#underway.shift()?.parcel as Parcel)
    this.#throttle()
    this.#setAlarm()
  }

  /** Forgets what is underway. */
  drop(): void {
    clearTimeout(this.#alarm)
    this.#underway.length = 0
  }

  #isNextDue(): boolean {
    const [next] = this.#underway
    return next !== undefined && next.dueAt <= performance.now() && !this.#rules.isHeld()
  }

  #hand(parcel: Parcel): void {
    if (this.#target.destroyed) return
    if (this.#rules.isSwallowed()) this.#rules.onSwallowed()
    else if (parcel === 'end') this.#target.end()
    else if (parcel === 'reset') resetSocket(this.#target)
    else this.#target.write(parcel)
  }

  /** What the target does not take yet must not pile up here: the source feels it, as it would without a proxy. */
  #throttle(): void {
    const isFull = this.#target.writableNeedDrain || this.#underway.length > MOST_UNDERWAY
    if (isFull) this.#source.pause()
    else this.#source.resume()
  }

  #setAlarm(): void {
    const [next] = this.#underway
    if (next === undefined || this.#rules.isHeld()) return
    this.#alarm = setTimeout(() => this.deliver(), next.dueAt - performance.now())
  }
}

/** Parcels are chunks of a socket, so 64 KiB at most. */
const MOST_UNDERWAY = 256
