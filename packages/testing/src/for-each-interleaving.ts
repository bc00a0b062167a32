import pg from 'pg'
import {
  type Cast,
  InterleavedRun,
  type PlannedStep,
  type Side,
  type StepOutcome,
} from './interleaved-run.ts'
import { interleavings } from './interleavings.ts'

/** SQL, or a function for what one statement cannot say. `situation` is what `before` returned for this order. */
export type Step<Situation = unknown> =
  | string
  | ((client: pg.Client, situation: Situation) => Promise<unknown>)

/** How one order went. */
export interface InterleavingRun<Situation = unknown> {
  readonly situation: Situation
  /** The steps as they were begun, such as `first: begin`. */
  readonly order: readonly string[]
  /** What came of each step, in the order in which they ended. */
  readonly outcomes: readonly StepOutcome[]
  /** How often a step had to wait for the other client. */
  readonly waits: number
}

/** What {@link forEachInterleaving} accepts. */
export interface InterleavingOptions<Situation = unknown> {
  /** The database, not through a pooler: it is asked which backend waits for which. */
  url: string
  first: readonly Step<Situation>[]
  second: readonly Step<Situation>[]
  /** Makes the situation anew for each order. */
  before(client: pg.Client): Promise<Situation>
  /** Looks at what came of an order. What it throws is reported with the order. */
  after(client: pg.Client, run: InterleavingRun<Situation>): void | Promise<void>
  /** SQLSTATEs of errors that steps may end with, such as `'40P01'`. Any other error ends the test. @defaultValue none */
  mayFailWith?: readonly string[] | undefined
}

/** What {@link forEachInterleaving} did. */
export interface InterleavingSummary {
  readonly orders: number
  /** Orders in which a client had to wait for the other. Where it is 0, no lock was ever contended. */
  readonly ordersWithWaits: number
}

/**
 * Runs two lists of steps on two connections in every order that keeps each list's own.
 *
 * Shape: one step at a time. When a step waits for a lock that the other client holds, the other goes on; as soon as
 * the wait is over, the one that waited makes up for the steps it missed. A deadlock is left to PostgreSQL to resolve,
 * which takes its `deadlock_timeout`, and then is one of the errors of `mayFailWith`.
 * Source: the idea is that of M. Kleppmann's "Hermitage" and of PostgreSQL's own isolation tester.
 *
 * @throws Error that names the order, caused by what `after` or a step threw
 * @example
 * await forEachInterleaving({
 *   url: database.url,
 *   first: ['begin', 'update counter set n = n + 1', 'commit'],
 *   second: ['begin', 'update counter set n = n + 1', 'commit'],
 *   before: (client) => client.query('update counter set n = 0'),
 *   after: async (client) => expect((await client.query('select n from counter')).rows).toEqual([{ n: 2 }]),
 * })
 */
export async function forEachInterleaving<Situation>(
  options: InterleavingOptions<Situation>,
): Promise<InterleavingSummary> {
  const cast = await connect(options.url)
  try {
    return await runAll(options, cast)
  } finally {
    await Promise.all(Object.values(cast).map((client) => client.end()))
  }
}

async function connect(url: string): Promise<Cast & Record<string, pg.Client>> {
  const cast = { first: new pg.Client(url), second: new pg.Client(url), watcher: new pg.Client(url) }
  for (const client of Object.values(cast)) {
    client.on('error', () => undefined) // the statement at work says it
    await client.connect()
    await hastenDeadlocks(client)
  }
  return cast
}

/** Only superusers may; for others deadlocks take their second. */
async function hastenDeadlocks(client: pg.Client): Promise<void> {
  await client.query("set deadlock_timeout = '10ms'").catch(() => undefined)
}

async function runAll<Situation>(
  options: InterleavingOptions<Situation>,
  cast: Cast,
): Promise<InterleavingSummary> {
  const orders = interleavings(tagged('first', options.first), tagged('second', options.second))
  let ordersWithWaits = 0
  for (const order of orders) {
    const { waits } = await runOne(options, cast, order)
    if (waits > 0) ordersWithWaits++
  }
  return { orders: orders.length, ordersWithWaits }
}

interface TaggedStep<Situation> {
  readonly by: Side
  readonly step: Step<Situation>
  readonly name: string
}

function tagged<Situation>(by: Side, steps: readonly Step<Situation>[]): TaggedStep<Situation>[] {
  return steps.map((step, index) => ({ by, step, name: nameOf(step, index) }))
}

function nameOf(step: Step<never>, index: number): string {
  if (typeof step === 'function') return step.name || `step ${index + 1}`
  return step.replace(/\s+/g, ' ').trim()
}

async function runOne<Situation>(
  { before, after, mayFailWith = [] }: InterleavingOptions<Situation>,
  cast: Cast,
  order: readonly TaggedStep<Situation>[],
): Promise<InterleavedRun> {
  const situation = await before(cast.watcher)
  const run = new InterleavedRun(cast, mayFailWith)
  try {
    await run.run(order.map((tagged) => planned(tagged, situation)))
    await after(cast.watcher, { situation, order: run.begun, outcomes: run.outcomes, waits: run.waits })
  } catch (cause) {
    throw new Error(`In the order "${run.begun.join('", "')}": ${cause}`, { cause })
  }
  for (const client of [cast.first, cast.second]) await client.query('rollback') // of what steps left open
  return run
}

function planned<Situation>({ by, step, name }: TaggedStep<Situation>, situation: Situation): PlannedStep {
  return { by, name, run: (client) => runStep(step, client, situation) }
}

async function runStep<Situation>(
  step: Step<Situation>,
  client: pg.Client,
  situation: Situation,
): Promise<unknown> {
  if (typeof step === 'function') return step(client, situation)
  const { rows } = await client.query(step)
  return rows
}
