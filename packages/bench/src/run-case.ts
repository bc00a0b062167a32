import type { Bench } from './bench.ts'
import type { BenchCase, Lane, Measurement, RatioWish, Size } from './bench-case.ts'
import { median, type PairedRatio, pairedRatio } from './statistics.ts'

export interface LaneResult {
  readonly name: string
  /** One a round; null: it failed. */
  readonly rounds: readonly (Measurement | null)[]
  readonly medians: Measurement
}

export interface RatioResult extends RatioWish {
  readonly ratio: PairedRatio
  readonly verdict: 'goal reached' | 'reached' | 'missed' | 'below the goal' | '–'
}

export interface CaseResult {
  readonly name: string
  readonly what: string
  readonly lanes: readonly LaneResult[]
  readonly ratios: readonly RatioResult[]
  readonly notes: readonly string[]
  readonly failures: readonly string[]
}

/** Runs the lanes of a case in turn, round by round, each round beginning with another one. */
export async function runCase(
  bench: Bench,
  benchCase: BenchCase,
  size: Size,
  rounds: number,
  chosen: (lane: string) => boolean,
  log: (line: string) => void,
): Promise<CaseResult> {
  const lanes = lanesOf(benchCase, size).filter(({ name }) => chosen(name))
  const found = new Map<string, (Measurement | null)[]>(lanes.map(({ name }) => [name, []]))
  const failures: string[] = []
  for (let round = 0; round < Math.min(rounds, benchCase.mostRounds ?? rounds); round++) {
    const measureLane = async (lane: Lane) => {
      const measured = await measure(bench, lane, failures)
      found.get(lane.name)?.push(measured)
      log(`${benchCase.name} ${round + 1}/${rounds} ${lane.name}: ${measured ? told(measured) : 'FAILED'}`)
    }
    const inTurn = rotated(lanes, round)
    // Where no time is judged, nobody needs the machine alone.
    if (size.smoke || benchCase.atOnce) await Promise.all(inTurn.map(measureLane))
    else for (const lane of inTurn) await measureLane(lane)
  }
  const results = lanes.map(({ name }) => laneResult(name, found.get(name) ?? []))
  const ratios = benchCase.ratios.flatMap((wish) => ratioResult(wish, results))
  const { name, what, notes = [] } = benchCase
  return { name, what, lanes: results, ratios, notes, failures }
}

/** One of each contender is enough to see that it works. */
function lanesOf(benchCase: BenchCase, size: Size): readonly Lane[] {
  const lanes = benchCase.lanes(size)
  if (!size.smoke) return lanes
  const firsts = new Map(lanes.toReversed().map((lane) => [lane.name.split(/[ ,]/)[0], lane]))
  return [...firsts].filter(([who]) => who === 'ours' || !benchCase.smokesAlone).map(([, lane]) => lane)
}

function rotated(lanes: readonly Lane[], by: number): readonly Lane[] {
  const first = lanes.length === 0 ? 0 : by % lanes.length
  return [...lanes.slice(first), ...lanes.slice(0, first)]
}

async function measure(bench: Bench, lane: Lane, failures: string[]): Promise<Measurement | null> {
  try {
    return await lane.measure(bench)
  } catch (error) {
    failures.push(`${lane.name}: ${(error as Error).stack}`)
    return null
  }
}

function told(measured: Measurement): string {
  return Object.entries(measured)
    .map(([column, value]) => `${column} ${Number(value.toPrecision(4))}`)
    .join('  ')
}

function laneResult(name: string, rounds: readonly (Measurement | null)[]): LaneResult {
  const good = rounds.filter((round) => round !== null)
  const columns = [...new Set(good.flatMap((round) => Object.keys(round)))]
  const medians = columns.map((column) => [column, median(good.map((round) => round[column] ?? Number.NaN))])
  return { name, rounds, medians: Object.fromEntries(medians) }
}

function ratioResult(wish: RatioWish, lanes: readonly LaneResult[]): RatioResult[] {
  const of = valuesOf(lanes, wish.of, wish.column)
  const to = wish.to === null ? of?.map(() => 1) : valuesOf(lanes, wish.to, wish.over ?? wish.column)
  if (of === undefined || to === undefined) return []
  const ratio = pairedRatio(of, to)
  return [{ ...wish, ratio, verdict: verdictOn(ratio.median, wish) }]
}

function valuesOf(lanes: readonly LaneResult[], name: string, column: string): number[] | undefined {
  return lanes.find((lane) => lane.name === name)?.rounds.map((round) => round?.[column] ?? Number.NaN)
}

function verdictOn(ratio: number, { floor, goal, atMost = false }: RatioWish): RatioResult['verdict'] {
  const reaches = (mark: number) => (atMost ? ratio <= mark : ratio >= mark)
  if (goal !== undefined && reaches(goal)) return 'goal reached'
  if (floor !== undefined) return reaches(floor) ? 'reached' : 'missed'
  return goal === undefined ? '–' : 'below the goal'
}
