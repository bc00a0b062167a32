import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobQueue } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { brokenInvariants } from '@jq/testing/lab'
import pg from 'pg'
import { endClient } from '../database/end-client.ts'
import { keepJournal } from '../database/journal.ts'
import { historyFile, type WriteDown } from '../history/history-file.ts'
import type { ServerKind } from '../nemesis/fault.ts'
import { type LabServer, startLabServer, type Tools } from '../servers/lab-server.ts'
import { hireListener, hireProducer, hireWorker, type Place } from './hire.ts'
import type { Member } from './member.ts'
import { Team } from './team.ts'
import { Victims } from './victims.ts'

/** How many of each play. */
export interface Cast {
  readonly workers: number
  readonly producers: number
  /** A producer rests for so long between two calls, on average. */
  readonly restMs: number
}

/** A server, the processes that work on it, and all their wires: what the nemesis strikes. */
export class Stage {
  readonly server: LabServer
  readonly directory: string
  readonly write: WriteDown
  readonly workers: Team
  readonly producers: Team
  readonly listeners: Team
  readonly victims = new Victims()
  /** The nemesis's own, for jobs that are faults. */
  readonly queue: JobQueue
  readonly #broken: string[] = []
  #watching: Promise<void> = Promise.resolve()
  #isWatching = true

  private constructor(server: LabServer, place: Place, teams: readonly [Team, Team, Team]) {
    this.server = server
    this.directory = place.directory
    this.write = place.write
    ;[this.workers, this.producers, this.listeners] = teams
    this.queue = createJobQueue({ connectionString: server.url, origin: 'nemesis' })
    this.#watching = this.#watch()
  }

  /** Sets everything up, everybody at work. `clocks`: the workers' clocks can be moved. */
  static async open(
    seed: number,
    kind: ServerKind,
    cast: Cast,
    { clocks, tools }: { clocks: boolean; tools: Tools },
  ): Promise<Stage> {
    const server = await startLabServer(kind, tools)
    await migrate({ connectionString: server.url })
    await asked(server.url, keepJournal)
    const directory = await mkdtemp(join(tmpdir(), `jq-lab-${seed}-`))
    const write = historyFile(join(directory, 'nemesis.jsonl'), 'nemesis')
    const place: Place = { url: server.url, directory, write }
    // The listener first: a name is told what begins after its registration.
    const listeners = await Team.of('listener', 1, (name) => hireListener(place, name))
    const workers = await Team.of('worker', cast.workers, (name, at) =>
      hireWorker(place, name, { ownsPool: at % 2 === 1, claimsAhead: at % 4 > 1, clock: clocks }),
    )
    const producers = await Team.of('producer', cast.producers, (name, at) =>
      hireProducer(place, name, seed * 1_000 + at, cast.restMs),
    )
    return new Stage(server, place, [workers, producers, listeners])
  }

  /** Everybody who is there. */
  get members(): readonly Member[] {
    return [...this.workers.members, ...this.producers.members, ...this.listeners.members]
  }

  /** Asks the database on a connection that no fault of the wires reaches. */
  ask<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
    return asked(this.server.url, fn)
  }

  /** What was ever seen broken. */
  get broken(): readonly string[] {
    return this.#broken
  }

  async endWatch(): Promise<void> {
    this.#isWatching = false
    await this.#watching
    await this.queue.close()
  }

  async close(): Promise<void> {
    if (this.#isWatching) await this.endWatch()
    for (const team of [this.workers, this.producers, this.listeners]) team.kill()
    await this.server.stop()
  }

  /** Looks again and again, each time at one snapshot, which is what some commit left. */
  async #watch(): Promise<void> {
    while (this.#isWatching) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      // The server may be away.
      const found = await this.ask((client) =>
        brokenInvariants(async (sql) => (await client.query(sql)).rows),
      ).catch(() => [])
      this.#broken.push(...found)
    }
  }
}

async function asked<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, query_timeout: 60_000 })
  client.on('error', () => undefined) // whoever asks next is told
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await endClient(client)
  }
}
