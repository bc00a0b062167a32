import { type Judged, judge, type Kind } from './series.ts'
import type { SoakResult } from './soak-result.ts'

/** Tables and indexes that stay below this and do not move share a line. */
const SMALL = 1 << 20

/** What a soak has found, in Markdown. */
export function soakTable(result: SoakResult): string {
  const judged = result.series.map((series) => judge(series, result.seconds))
  const [small, told] = parted(judged)
  return [
    conditions(result),
    [
      '| | middle | change an hour | verdict |',
      '|---|---|---|---|',
      ...told.map(row),
      ...(small.length > 0
        ? [`| ${small.length} other tables and indexes, each below 1 MB | | | flat |`]
        : []),
    ].join('\n'),
  ].join('\n\n')
}

/** Retention and the server's autovacuum take so long to come to rest. */
const LEAST_MINUTES = 10

/** Whether it lasted long enough to be judged: before, whatever is kept for a while has to grow. */
function isLongEnough({ minutes }: Pick<SoakResult, 'minutes'>): boolean {
  return minutes >= LEAST_MINUTES
}

/** What grew and must not. */
export function breaches(result: SoakResult): readonly Judged[] {
  if (!isLongEnough(result)) return []
  return result.series.map((series) => judge(series, result.seconds)).filter(({ isBreach }) => isBreach)
}

/** A page in which the block `soak:table` tells it. */
export function soakDocumented(page: string, result: SoakResult | null): string {
  const told =
    result === null ? 'Nothing has been run yet: `npm run soak -- --minutes 30`.' : soakTable(result)
  return page.replace(
    /(<!-- soak:table -->\n)[\s\S]*?(<!-- \/soak:table -->)/,
    (_, begin: string, end: string) => `${begin}${told}\n${end}`,
  )
}

function conditions({
  date,
  commit,
  machine,
  versions,
  minutes,
  calibrated,
  rate,
  added,
}: SoakResult): string {
  const with_ = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${minutes} minutes on ${date.slice(0, 10)}, at commit ${commit}, with ${with_.join(', ')}, on ${machine}.`,
    `Calibrated at ${Math.round(calibrated)} jobs a second, run at ${rate}: ${added} jobs.`,
    ...(isLongEnough({ minutes })
      ? []
      : [
          `Less than ${LEAST_MINUTES} minutes: what is kept for a while still has to grow, so that nothing is judged by it.`,
        ]),
  ].join('\n')
}

function parted(judged: readonly Judged[]): readonly [readonly Judged[], readonly Judged[]] {
  const isSmall = ({ series, verdict }: Judged) =>
    series.kind === 'size' && verdict === 'flat' && series.values.every((value) => (value ?? 0) < SMALL)
  return [judged.filter(isSmall), judged.filter((one) => !isSmall(one))]
}

function row({ series, median, perHour, verdict, isBreach }: Judged): string {
  const sign = perHour > 0 ? '+' : perHour < 0 ? '−' : ''
  const change = verdict === 'flat' ? '' : `${sign}${shown(series.kind, Math.abs(perHour))}`
  return `| ${[series.name, shown(series.kind, median), change, isBreach ? `🔴 ${verdict}` : verdict].join(' | ')} |`
}

function shown(kind: Kind, value: number): string {
  if (kind === 'memory' || kind === 'size') return `${(value / 2 ** 20).toFixed(1)} MB`
  if (kind === 'wait') return `${value.toFixed(1)} ms`
  return value.toFixed(0)
}
