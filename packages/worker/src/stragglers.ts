import type { WorkService } from '@jq/core'
import type { AttemptKey } from '@jq/core/internal'

/** After a lost reply a claim may still be on its way on the server; after this long it is not. */
const STRAGGLER_MS = 20_000

/** Claims whose reply was lost are ours without our knowing: they are given back before the next claim, and once more later. */
export class Stragglers {
  #releaseAt: number[] = []

  /** The reply to a claim was lost. */
  expect(): void {
    const now = performance.now()
    this.#releaseAt = [now, now + STRAGGLER_MS]
  }

  get areDue(): boolean {
    const now = performance.now()
    return this.#releaseAt.some((at) => at <= now)
  }

  /** While no claim is under way. @param known - all that this process believes in */
  async release(
    work: Pick<WorkService, 'releaseUnknown'>,
    workerId: string,
    known: readonly AttemptKey[],
  ): Promise<void> {
    const now = performance.now()
    await work.releaseUnknown(workerId, known)
    this.#releaseAt = this.#releaseAt.filter((at) => at > now)
  }
}
