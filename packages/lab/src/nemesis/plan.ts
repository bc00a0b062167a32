import { seededRandom } from '@jq/testing'
import type { Fault, ServerKind } from './fault.ts'

/** What the nemesis is going to do; the same seed gives the same plan. */
export interface Plan {
  readonly seed: number
  readonly server: ServerKind
  /** The classes that are switched on. */
  readonly faults: readonly string[]
  readonly steps: readonly Step[]
}

/** One fault: when, of which class, and the seed of all that it draws. */
export interface Step {
  readonly atMs: number
  readonly fault: string
  readonly seed: number
}

/** Plans for so long a run. Each seed switches off a random part of the classes, so that one cannot always hide another. */
export function planOf(
  seed: number,
  { faults, seconds, swarm }: { faults: readonly Fault[]; seconds: number; swarm: boolean },
): Plan {
  const random = seededRandom(seed)
  const server = random.pick(serversOf(faults))
  const here = faults.filter(({ on = ['plain'] }) => on.includes(server))
  const kept = here.filter(() => !swarm || random.integer(1, 4) > 1)
  const chosen = kept.length > 0 ? kept : [random.pick(here)]
  const steps = chosen.flatMap(({ name, everyMs }) => {
    const steps: Step[] = []
    const draw = seededRandom(random.integer(0, 2 ** 31))
    for (let atMs = draw.integer(0, everyMs); atMs < seconds * 1_000; atMs += draw.integer(1, 2 * everyMs))
      steps.push({ atMs, fault: name, seed: draw.integer(0, 2 ** 31) })
    return steps
  })
  return {
    seed,
    server,
    faults: chosen.map(({ name }) => name),
    steps: steps.sort((a, b) => a.atMs - b.atMs),
  }
}

/** Most faults need nothing but a plain server, and most runs have one. */
function serversOf(faults: readonly Fault[]): readonly ServerKind[] {
  const all = new Set(faults.flatMap(({ on = ['plain'] }) => on))
  return [...all].flatMap((kind) => Array.from({ length: kind === 'plain' ? 6 : 1 }, () => kind))
}
