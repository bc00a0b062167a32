import { brokenInvariants } from '../memory/broken-invariants.ts'
import { type Clock, StandingClock } from '../memory/clock.ts'
import { MemoryService } from '../memory/memory-service.ts'
import { Tables } from '../memory/tables.ts'
import { closeOnce } from './close-once.ts'
import type { Universe } from './universe.ts'

/** A queue in memory, where no time passes but by `age`. */
export async function memoryUniverse(): Promise<Universe> {
  return universeOf(new StandingClock(Date.now())).universe
}

/** A queue in memory whose clock goes with the process's, as a database's does, for tests that wait for real time. */
export async function livingMemoryUniverse(): Promise<Universe> {
  const { queue, universe } = universeOf(new GoingClock())
  const ticking = setInterval(() => void queue.advance(0), 5)
  const close = async () => {
    clearInterval(ticking)
    await universe.close()
  }
  return { ...universe, close }
}

function universeOf(clock: Clock): { queue: MemoryService; universe: Universe } {
  const tables = new Tables(clock)
  const queue = new MemoryService(tables)
  const universe: Universe = {
    queue,
    age: (ms: number) => queue.advance(ms),
    keep: () => queue.advance(0),
    broken: async () => brokenInvariants(tables),
    transaction: (fn) => queue.transaction(fn),
    close: () => closeOnce(queue),
  }
  return { queue, universe }
}

class GoingClock implements Clock {
  #ahead = Date.now() - performance.now()

  now(): number {
    return performance.now() + this.#ahead
  }

  advance(ms: number): void {
    this.#ahead += ms
  }
}
