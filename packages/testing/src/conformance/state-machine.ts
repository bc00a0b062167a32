import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { type Cell, cellsOf } from './cells.ts'
import { outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import { perform } from './perform.ts'
import { type Seen, Stage, seenIn } from './stage.ts'
import {
  afterEffect,
  heardBundle,
  heardChange,
  heardEnd,
  holdsKey,
  isWished,
  type Standing,
} from './state-model.ts'
import { type Command, transitions } from './transitions.ts'
import type { BigBang, Universe } from './universe.ts'

/** What is promised of each command. A universe is dear, so that all cases of a promise stand in one. */
const promises: Readonly<Record<Command, string>> = {
  add: 'that is added again stays as it is',
  due: 'becomes available when its time comes',
  claim: 'is claimed only while it is available',
  check: 'hears its handler only in its present attempt',
  setProgress: 'hears its handler only in its present attempt',
  succeeded: 'takes an outcome only of its present attempt, and goes where that and its budgets lead',
  failed: 'takes an outcome only of its present attempt, and goes where that and its budgets lead',
  timedOut: 'takes an outcome only of its present attempt, and goes where that and its budgets lead',
  terminal: 'takes an outcome only of its present attempt, and goes where that and its budgets lead',
  cancelled: 'takes an outcome only of its present attempt, and goes where that and its budgets lead',
  snoozed: 'is given back only by its present attempt, at no cost',
  released: 'is given back only by its present attempt, at no cost',
  reapSilent: 'is taken from a silent process, and from no other',
  reapOverdue: 'is taken from a living process long past its deadline, as timed out',
  cancelJob: 'is cancelled at once where it waits, and asked to end where it runs',
  resetJob: 'begins anew unless it runs, and after its attempt if that is asked to end',
  resetJobCancel: 'begins anew unless it runs, and after its attempt if that is asked to end',
  setJobStartAhead: 'waits for another time unless it runs',
  setJobStartPast: 'waits for another time unless it runs',
  deleteJob: 'is deleted wherever it stands',
  deleteJobBundle: 'is deleted wherever it stands',
  deleteFinishedJobs: 'is cleared away once it succeeded, with its bundle or of none',
  deleteOnSuccess: 'is cleared away once it succeeded, with its bundle or of none',
}

/** The table of the state machine, case by case. */
export function stateMachineConforms(bigBang: BigBang): void {
  describe('a job, whatever state it is in,', () => {
    for (const promise of new Set(Object.values(promises))) {
      const commands = transitions.map(({ command }) => command).filter((one) => promises[one] === promise)
      inUniverse(bigBang, promise, async (universe) => {
        expect(await differences(universe, cellsOf(commands))).toEqual([])
      })
    }
  })
}

/** Where what was seen and heard is not what the table says, each in a line that names its case. */
async function differences(universe: Universe, cells: readonly Cell[]): Promise<readonly string[]> {
  const stage = await Stage.set(universe, cells)
  const expected = cells.map(({ before, effect }) => afterEffect(before, effect))
  const before = await stage.seen()
  const listening = await listen(stage)
  const answers = await performAll(stage)
  const heard = await listening.end()
  const after = await stage.seen()
  const keys = await stage.keyHolders()
  const inTheEnd = await afterWishes(
    stage,
    expected.map(({ standing }) => standing),
  )
  return cells.flatMap((cell, n) => {
    const { standing, heard: toHear } = expected[n] as (typeof expected)[number]
    const key = (held: boolean, by: string | null) => (held ? `held by ${by}` : 'free')
    const id = stage.actors[n]?.id as string
    return [
      ...compared(`${cell.name}, before`, before[n], seenIn(cell.before)),
      ...compared(
        cell.name,
        {
          ...after[n],
          answer: String(answers[n]),
          heard: [...(heard[n] as string[])].sort().join('; '),
          key: key(keys[n] !== null, keys[n] as string),
        },
        {
          ...seenIn(standing),
          answer: String(cell.effect.answer),
          heard: [...toHear].sort().join('; '),
          key: key(holdsKey(standing.situation), id),
        },
      ),
      ...(inTheEnd[n] ?? []).map((difference) => `${cell.name}, ${difference}`),
    ]
  })
}

function compared(name: string, seen: Seen | undefined, expected: Seen): string[] {
  return Object.keys({ ...expected, ...seen })
    .filter((what) => seen?.[what] !== expected[what])
    .map((what) => `${name}: ${what} is ${seen?.[what]}, not ${expected[what]}`)
}

/** The answers, in the order of the actors. */
async function performAll(stage: Stage): Promise<readonly (string | null | undefined)[]> {
  const commands = new Set(stage.actors.map(({ cell }) => cell.command))
  const answers = new Map<string, string | null>()
  for (const command of commands) {
    const actors = stage.actors.filter(({ cell }) => cell.command === command)
    const given = await perform(command, stage, actors)
    for (const [n, { id }] of actors.entries()) answers.set(id, given[n] ?? null)
  }
  return stage.actors.map(({ id }) => answers.get(id))
}

/** Hears all that is told of the actors; `end` resolves once all of it was told. */
async function listen({ queue, actors }: Stage): Promise<{ end(): Promise<readonly (readonly string[])[]> }> {
  const heard = new Map<string, string[]>()
  const hear = (id: string, what: string) => void heard.set(id, [...(heard.get(id) ?? []), what])
  const remove = await queue.addListener({
    onJobStatusChange: ({ jobId, previous, current }) => hear(jobId, heardChange(previous, current)),
    onJobStopped: ({ jobId, attempt, outcome, willRetry }) =>
      hear(jobId, heardEnd(attempt, outcome, willRetry)),
    onJobBundleStopped: ({ bundleId, epoch, hasError }) => hear(bundleId, heardBundle(epoch, hasError)),
  })
  const end = async () => {
    // Events are told in their order: with this one, all before it were.
    const [last] = await queue.addMany([{ type: 'last', payload: {} }])
    await until('all was told', () => heard.has(last?.id as string))
    await remove()
    return actors.map(({ id, bundleId }) => [...(heard.get(id) ?? []), ...(heard.get(bundleId ?? '') ?? [])])
  }
  return { end }
}

/** A wish shows by where the end of the attempt leads: each wished one is released now. */
async function afterWishes(
  stage: Stage,
  standings: readonly Standing[],
): Promise<readonly (readonly string[])[]> {
  const [release] = transitions.filter(({ command }) => command === 'released')
  const wished = stage.actors.filter((_, n) => isWished((standings[n] as Standing).situation))
  if (wished.length === 0) return []
  await stage.holder.settle(...wished.map(({ own }) => outcome.released(own.key)))
  const seen = await stage.seen()
  return standings.map((standing, n) => {
    const effect = release?.on[standing.situation]
    if (effect === undefined || !isWished(standing.situation)) return []
    return compared('after its attempt', seen[n], seenIn(afterEffect(standing, effect).standing))
  })
}
