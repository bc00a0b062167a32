import { setImmediate } from 'node:timers/promises'
import type { WorkService } from '@jq/core'
import type { Membership, WorkerEntry } from '@jq/core/internal'

/**
 * Joins, unless the signal aborts before.
 *
 * @throws whatever the last try met, or the signal's reason where not even that is known: a half-open connection says nothing
 */
export async function joinUnless(
  late: AbortSignal,
  work: WorkService,
  entry: WorkerEntry,
  told: Parameters<WorkService['join']>[1],
): Promise<Membership> {
  const joining = work.join(entry, told, late)
  const lateness = Promise.withResolvers<never>()
  const refuse = () => void setImmediate().then(() => lateness.reject(late.reason)) // after what the last try met
  late.addEventListener('abort', refuse, { once: true })
  try {
    return await Promise.race([joining, lateness.promise])
  } catch (error) {
    // Whoever has joined after all leaves again; unsaid, it is taken for dead a little later.
    joining.then((membership) => membership.leave()).catch(() => undefined)
    throw error
  } finally {
    late.removeEventListener('abort', refuse)
  }
}
