import type { WorkerService, WorkService } from '@jq/core'

/** How often a worker looks while it falls asleep, before it trusts that it is woken: then it looks no more by itself. */
const LOOKS_UNTIL_ASLEEP = 5

/** A service that knows when the worker it is given to sleeps. */
export interface CountedLooks {
  readonly queue: WorkerService
  isAsleep(): boolean
}

export function countedLooks(queue: WorkerService): CountedLooks {
  let looks = 0
  const look: WorkService['look'] = async (request) => {
    const answer = await queue.work.look(request)
    looks = request.sleeping ? looks + 1 : 0
    return answer
  }
  const work = also(queue.work, { look })
  return { queue: also(queue, { work }), isAsleep: () => looks >= LOOKS_UNTIL_ASLEEP }
}

/** The same object for all who ask it, but for these of its members. */
function also<T extends object>(whole: T, members: Partial<T>): T {
  return new Proxy(whole, {
    get: (_, key) => {
      const value = key in members ? members[key as keyof T] : whole[key as keyof T]
      return typeof value === 'function' ? value.bind(whole) : value
    },
  })
}
