import { limitsConform } from './budget-limits.ts'
import { budgetsConform } from './budgets.ts'
import { functionsConform } from './functions.ts'
import { handlerLogsConform } from './handler-logs.ts'
import { handlersConform } from './handlers.ts'
import { limitedWorkConforms } from './limited-work.ts'
import { orderConforms } from './order.ts'
import { prefetchConforms } from './prefetch.ts'
import { runOnceConforms } from './run-once.ts'
import { scheduledWorkConforms } from './scheduled-work.ts'
import { scopesConform } from './scopes.ts'
import { threadsConform } from './threads.ts'
import { toldConform } from './told.ts'
import { transactedWorkConforms } from './transacted-work.ts'
import type { BigBang } from './universe.ts'
import { upgradesConform } from './upgrades.ts'
import { wakeUpConforms } from './wake-up.ts'
import { workerInfosConform } from './worker-infos.ts'
import type { CreateWorker } from './workshop.ts'

/**
 * What workers promise on every service: the same tests for each of them. Called inside a test file of vitest.
 *
 * @param bigBang - of universes in which time passes by itself
 */
export function workersConform(bigBang: BigBang, createWorker: CreateWorker): void {
  handlersConform(bigBang, createWorker)
  handlerLogsConform(bigBang, createWorker)
  functionsConform(bigBang, createWorker)
  threadsConform(bigBang, createWorker)
  budgetsConform(bigBang, createWorker)
  runOnceConforms(bigBang, createWorker)
  prefetchConforms(bigBang, createWorker)
  workerInfosConform(bigBang, createWorker)
  scopesConform(bigBang, createWorker)
  toldConform(bigBang, createWorker)
  transactedWorkConforms(bigBang, createWorker)
  limitsConform(bigBang, createWorker)
  limitedWorkConforms(bigBang, createWorker)
  orderConforms(bigBang, createWorker)
  wakeUpConforms(bigBang, createWorker)
  scheduledWorkConforms(bigBang, createWorker)
  upgradesConform(bigBang, createWorker)
}
