import type { Client } from 'pg'
import { until } from './until.ts'

/** Which of the two clients. */
export type Side = 'first' | 'second'

/** A step in its place in an order. */
export interface PlannedStep {
  readonly by: Side
  readonly name: string
  run(client: Client): Promise<unknown>
}

/** What came of a step: the rows of its SQL or what its function returned, or its error. */
export interface StepOutcome {
  readonly by: Side
  readonly step: string
  readonly value?: unknown
  readonly error?: Error & { readonly code?: string }
}

/** Who runs an order, and who watches. */
export interface Cast {
  readonly first: Client
  readonly second: Client
  /** Sees which of the two waits for the other. */
  readonly watcher: Client
}

/** One order of the steps of two clients, run to its end. */
export class InterleavedRun {
  readonly begun: string[] = []
  readonly outcomes: StepOutcome[] = []
  waits = 0
  readonly #actors: Readonly<Record<Side, Actor>>
  readonly #watcher: Client
  readonly #mayFailWith: ReadonlySet<string>

  constructor({ first, second, watcher }: Cast, mayFailWith: readonly string[]) {
    this.#actors = { first: newActor('first', first), second: newActor('second', second) }
    this.#watcher = watcher
    this.#mayFailWith = new Set(mayFailWith)
  }

  async run(order: readonly PlannedStep[]): Promise<void> {
    for (const step of order) {
      this.#actors[step.by].due.push(step)
      await this.#catchUp()
    }
    while (this.#isAnyAtWork()) await this.#resolveDeadlock()
  }

  /** Runs what is due until nobody who is free has anything to do. */
  async #catchUp(): Promise<void> {
    for (let actor = this.#nextFree(); actor !== undefined; actor = this.#nextFree()) {
      this.#begin(actor)
      if (await this.#waits(actor)) this.waits++
      // What has just ended may have been what the other waited for.
      await this.#waits(this.#otherThan(actor))
      this.#refuseSurprise()
    }
  }

  #nextFree(): Actor | undefined {
    return this.#both().find(({ atWork, due }) => !atWork && due.length > 0)
  }

  #begin(actor: Actor): void {
    const step = actor.due.shift() as PlannedStep
    this.begun.push(`${step.by}: ${step.name}`)
    actor.atWork = this.#perform(actor, step)
  }

  async #perform(actor: Actor, { by, name, run }: PlannedStep): Promise<void> {
    try {
      this.outcomes.push({ by, step: name, value: await run(actor.client) })
    } catch (error) {
      this.outcomes.push({ by, step: name, error: error as Error })
    }
    actor.atWork = undefined
  }

  /** Looks until the actor has ended its step (false) or waits for the other (true), which stays so until the other moves. */
  async #waits(actor: Actor): Promise<boolean> {
    const verdict = await until(
      `a step of the ${actor.side} client ends or waits for the other client (waiting for anybody else is not foreseen)`,
      async () => (!actor.atWork && 'ended') || ((await this.#isBlockedByOther(actor)) && 'waits'),
      { within: '30s' },
    )
    return verdict === 'waits'
  }

  async #isBlockedByOther(actor: Actor): Promise<boolean> {
    const pids = [pidOf(actor.client), pidOf(this.#otherThan(actor).client)]
    const { rows } = await this.#watcher.query('select $2 = any (pg_blocking_pids($1)) as blocked', pids)
    return rows[0].blocked
  }

  /** Both wait for each other: PostgreSQL ends the step of one. If only one waits, the other never lets go. */
  async #resolveDeadlock(): Promise<void> {
    const atWork = this.#both().flatMap((actor) => actor.atWork ?? [])
    if (atWork.length < 2)
      throw new Error('A client waits for ever, as the other ends without commit or rollback.')
    await Promise.race(atWork)
    for (const actor of this.#both()) await this.#waits(actor)
    this.#refuseSurprise()
    await this.#catchUp()
  }

  #refuseSurprise(): void {
    const failed = new Set<Side>()
    for (const { by, error } of this.outcomes) {
      const code = error?.code ?? ''
      const isAllowed = this.#mayFailWith.has(code) || (code === IN_FAILED_TRANSACTION && failed.has(by))
      if (error && !isAllowed) throw error
      if (error) failed.add(by)
    }
  }

  #isAnyAtWork(): boolean {
    return this.#both().some(({ atWork }) => atWork)
  }

  #otherThan(actor: Actor): Actor {
    return this.#actors[actor.side === 'first' ? 'second' : 'first']
  }

  #both(): readonly [Actor, Actor] {
    return [this.#actors.first, this.#actors.second]
  }
}

/** What every statement answers after an error, until the transaction ends. */
const IN_FAILED_TRANSACTION = '25P02'

interface Actor {
  readonly side: Side
  readonly client: Client
  /** Steps whose turn has come. */
  readonly due: PlannedStep[]
  /** The step that it has begun and not ended. */
  atWork: Promise<void> | undefined
}

function newActor(side: Side, client: Client): Actor {
  return { side, client, due: [], atWork: undefined }
}

/** Missing in the types of pg: the server says it when a connection starts. */
function pidOf(client: Client): number {
  return (client as unknown as { processID: number }).processID
}
