import type { SeededRandom } from '@jq/testing'
import type { Struck } from '../nemesis/fault.ts'
import type { Member } from '../run/member.ts'

/** Whom a class of faults that overlap strikes just now: nobody is struck twice at a time. */
export class Victims {
  readonly #struck = new Set<Member>()

  /** Strikes one of these, for as long as that takes. @returns null: all of them are struck already */
  async strikeOne(
    members: readonly Member[],
    random: SeededRandom,
    strike: (victim: Member) => Promise<Struck['done']>,
  ): Promise<Struck | null> {
    const left = members.filter((member) => !this.#struck.has(member))
    if (left.length === 0) return null
    const victim = random.pick(left)
    this.#struck.add(victim)
    try {
      const done = await strike(victim)
      return { victim: victim.name, workerId: victim.workerId ?? undefined, ...(done && { done }) }
    } finally {
      this.#struck.delete(victim)
    }
  }
}
