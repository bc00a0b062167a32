import type { DbHandle, Schedule, SchedulePage } from '@jq/core'
import {
  foreignSchedule,
  type PreparedSchedule,
  type ScheduleWish,
  schedulePlace,
  tickAfterPause,
  timesOfSpec,
} from '@jq/core/internal'
import type { Asks, Database } from './database.ts'
import { asksIn } from './db-handle.ts'
import type { Statements } from './statement.ts'
import * as ask from './statements/schedules.ts'

/** What is asked of schedules, answered with PostgreSQL. */
export class PostgresSchedules {
  readonly #database: Database
  readonly #statements: Statements

  constructor(database: Database, statements: Statements) {
    this.#database = database
    this.#statements = statements
  }

  async put(schedule: PreparedSchedule, handle: DbHandle | undefined): Promise<Schedule> {
    const asks = handle === undefined ? this.#database : asksIn(handle)
    const [answer] = await asks.ask(ask.putSchedule(this.#statements, schedule, await this.#now(asks)))
    return ask.scheduleOfRow((answer as { row: string }).row).schedule
  }

  async sync(
    owner: string,
    schedules: readonly PreparedSchedule[],
  ): Promise<{ added: number; changed: number; removed: number }> {
    const now = await this.#now(this.#database)
    const [answer] = await this.#database.ask(ask.syncSchedules(this.#statements, owner, schedules, now))
    const { foreign_place: foreign, ...counts } = answer as ask.SyncedRow
    if (foreign !== null) throw foreignSchedule(foreign)
    return counts
  }

  async get({ name, key }: Named): Promise<Schedule | null> {
    return (await this.#read(name, key))?.schedule ?? null
  }

  async page(wish: ScheduleWish): Promise<SchedulePage> {
    const rows = await this.#database.ask(
      ask.readSchedules(this.#statements, { ...wish, limit: wish.limit + 1 }),
    )
    const schedules = rows.slice(0, wish.limit).map(({ row }) => ask.scheduleOfRow(row).schedule)
    const last = schedules.at(-1)
    return { schedules, next: rows.length > wish.limit && last ? schedulePlace(last) : null }
  }

  async cancel({ name, key }: Named): Promise<'cancelled' | 'requested' | 'notRunning' | 'notFound'> {
    const [answer] = await this.#database.ask(ask.cancelSchedule(this.#statements, name, key))
    return answer?.verdict ?? 'notFound'
  }

  async pause({ name, key }: Named): Promise<boolean> {
    const [answer] = await this.#database.ask(ask.pauseSchedule(this.#statements, name, key))
    return answer?.found === 1
  }

  /** An interval goes on in its own steps, of which those of the pause are left out. */
  async resume({ name, key }: Named): Promise<boolean> {
    const found = await this.#read(name, key)
    if (found === null) return false
    const { schedule, readAt } = found
    const next = tickAfterPause(timesOfSpec(schedule.spec), schedule.nextRunAt, readAt)
    const [answer] = await this.#database.ask(ask.resumeSchedule(this.#statements, name, key, next))
    return answer?.found === 1
  }

  async end({ name, key }: Named): Promise<boolean> {
    const [answer] = await this.#database.ask(ask.unschedule(this.#statements, name, key))
    return answer?.found === 1
  }

  async #read(name: string, key: string): Promise<{ schedule: Schedule; readAt: Date } | null> {
    const wish = { name, owner: null, after: null, limit: 1 }
    const [row] = await this.#database.ask(ask.readSchedules(this.#statements, wish, key))
    return row === undefined ? null : ask.scheduleOfRow(row.row)
  }

  async #now(asks: Asks): Promise<Date> {
    const [row] = await asks.ask(ask.readClock(this.#statements))
    return new Date(Number(row?.now))
  }
}

interface Named {
  readonly name: string
  readonly key: string
}
