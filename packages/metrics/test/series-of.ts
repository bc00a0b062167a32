import type { Metrics } from '../src/index.ts'

/** The values of a metric as its text shows them now, by their labels. */
export async function seriesOf(metrics: Metrics): Promise<(name: string) => Record<string, number>> {
  const lines = (await metrics.text()).split('\n')
  return (name) =>
    Object.fromEntries(
      lines.flatMap((line) => {
        const [, labels = '', value] = new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`).exec(line) ?? []
        return value === undefined ? [] : [[labels, Number(value)]]
      }),
    )
}
