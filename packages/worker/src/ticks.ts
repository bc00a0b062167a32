import type { Logger, NextRun, WorkService } from '@jq/core'
import { type DueSchedule, loggedError, planTicks, type TickPlan, timesOf } from '@jq/core/internal'

export interface TicksSurroundings {
  readonly work: WorkService
  /** What was given to `registerSchedule`, by name. */
  readonly rules: ReadonlyMap<string, NextRun>
  readonly logger: Logger
  readonly onError: (error: Error) => void
}

/** So many schedules are read and moved on in one round trip each. */
const AT_ONCE = 100

/**
 * Adds the jobs of schedules whose time has come. Any process may do so at the same moment: each computes what follows, and the first
 * whose word reaches the database is heard.
 */
export class Ticks {
  readonly #around: TicksSurroundings
  readonly rules: readonly string[]

  constructor(around: TicksSurroundings) {
    this.#around = around
    this.rules = [...around.rules.keys()]
  }

  /** Page by page, so that those which cannot be moved on hold up nobody. @returns whether any was moved on: more may be due */
  async run(): Promise<boolean> {
    const { work } = this.#around
    let moved = 0
    for (let after: DueSchedule | null = null; ; ) {
      const page: readonly DueSchedule[] = await work.dueSchedules(this.rules, { after, limit: AT_ONCE })
      const plans = page.flatMap((due) => this.#planOf(due))
      if (plans.length > 0) moved += await work.runTicks(plans)
      if (page.length < AT_ONCE) return moved > 0
      after = page.at(-1) as DueSchedule
    }
  }

  /** A rule that fails holds up its own schedule only, which is asked again. */
  #planOf(due: DueSchedule): TickPlan[] {
    const { rules, logger, onError } = this.#around
    try {
      const rule = timesOf(due, due.planned ?? due.now) ?? rules.get(due.rule ?? '')
      return rule === undefined ? [] : [planTicks(due, rule)]
    } catch (error) {
      const { name, key } = due
      logger.error(
        { event: 'schedule.failed', name, key, err: loggedError(error) },
        'the next time of a schedule could not be found; trying again',
      )
      onError(error as Error)
      return []
    }
  }
}
