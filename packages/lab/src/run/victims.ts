import type { SeededRandom } from '@jq/testing'
import type { Struck } from '../nemesis/fault.ts'
import type { Member } from './member.ts'

/** Whom faults that overlap strike just now: nobody is struck twice at a time by one class. */
export class Victims {
  readonly #struck = new Map<string, Set<Member>>()

  /** Strikes one of these, for as long as that takes. @returns null: all of them are struck already */
  async strikeOne(
    fault: string,
    members: readonly Member[],
    random: SeededRandom,
    strike: (victim: Member) => Promise<Struck['done']>,
  ): Promise<Struck | null> {
    const struck = this.#struck.get(fault) ?? new Set()
    this.#struck.set(fault, struck)
    const left = members.filter((member) => !struck.has(member))
    if (left.length === 0) return null
    const victim = random.pick(left)
    struck.add(victim)
    try {
      const done = await strike(victim)
      return { victim: victim.name, workerId: victim.workerId ?? undefined, ...(done && { done }) }
    } finally {
      struck.delete(victim)
    }
  }
}
