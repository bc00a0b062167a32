import { readFileSync } from 'node:fs'
import { createMemoryJobQueue } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { parser } from '@prometheus-io/lezer-promql'
import { Histogram, Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../src/index.ts'

// deploy/ asks Prometheus for what this package exports: a name that is misspelt would be an alert that never comes.

const deployed = (file: string) => readFileSync(new URL(`../../../deploy/${file}`, import.meta.url), 'utf8')
const rules: readonly { alert: string; expr: string; for?: string; labels: any; annotations: any }[] = parse(
  deployed('prometheus/alerts.yaml'),
).groups.flatMap((group: any) => group.rules)
const dashboard = JSON.parse(deployed('grafana/jobqueue.json'))
const keda = parse(deployed('kubernetes/scaled-object.yaml')).spec.triggers[0].metadata.query as string
const questions: readonly (readonly [string, string])[] = [
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }: any) =>
    targets.map(({ expr }: any) => [`panel ${title}`, expr] as const),
  ),
  ['scaling', keda],
]

/** Labels that Prometheus adds, by its configuration or to what it scrapes. */
const ADDED = ['namespace', 'instance', 'job']

/** The labels of each series that is really exported, by its name. */
function exported(): ReadonlyMap<string, readonly string[]> {
  const queue = createMemoryJobQueue()
  const registry = new Registry()
  const metrics = createMetrics({ jobqueue: queue, worker: createWorker(queue), registry, bundles: true })
  onTestFinished(() => metrics.close())
  const all = registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[]
  return new Map(
    all.flatMap((metric): [string, string[]][] => {
      const { name, labelNames } = metric
      if (!(metric instanceof Histogram)) return [[name, labelNames]]
      return [
        [`${name}_bucket`, [...labelNames, 'le']],
        [`${name}_sum`, labelNames],
        [`${name}_count`, labelNames],
      ]
    }),
  )
}

/** What a question asks for, as Prometheus' own grammar reads it. */
function asked(expr: string) {
  const text = expr.replaceAll('$__rate_interval', '5m').replaceAll('$namespace', 'all')
  const names: string[] = []
  const labels: string[] = []
  const faults: string[] = []
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) faults.push(text.slice(Math.max(0, from - 10), to + 10))
      if (type.name === 'Identifier') names.push(text.slice(from, to))
      if (type.name === 'LabelName') labels.push(text.slice(from, to))
    },
  })
  return { names, labels, faults }
}

test.each(questions)('%s asks for what there is', (_, expr) => {
  const there = exported()
  const { names, labels, faults } = asked(expr)
  expect(faults).toEqual([])
  expect(names.length).toBeGreaterThan(0)
  for (const name of names) expect([...there.keys()]).toContain(name)
  const known = [...ADDED, ...names.flatMap((name) => there.get(name) ?? [])]
  expect(known).toEqual(expect.arrayContaining(labels))
})

test('what is misspelt, or is no question, would be found', () => {
  expect(asked('sum by (typ) (rate(jobqueue_job{state="x"}[5m]))')).toEqual({
    names: ['jobqueue_job'],
    labels: ['typ', 'state'],
    faults: [],
  })
  expect(asked('sum by (type) (rate(').faults).not.toEqual([])
})

test('each alert says what is and what to do, and stands on the page', () => {
  const page = readFileSync(new URL('../../../docs/observability.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `(JobQueue\w+)` \|/gm)].map(([, name]) => name)
  expect(listed.sort()).toEqual(rules.map(({ alert }) => alert).sort())
  for (const { labels, annotations } of rules) {
    expect(['critical', 'warning']).toContain(labels.severity)
    expect(annotations).toEqual({ summary: expect.any(String), description: expect.any(String) })
  }
})

test('the panels of the dashboard stand beside each other, each with a name, a unit and one source', () => {
  const taken = new Set<string>()
  for (const { title, gridPos, datasource, fieldConfig } of dashboard.panels) {
    expect(title).not.toBe('')
    expect(fieldConfig.defaults.unit).toEqual(expect.any(String))
    expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' })
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(x).toBeLessThan(24)
        expect(taken).not.toContain(`${x} ${y}`)
        taken.add(`${x} ${y}`)
      }
  }
  const ids = dashboard.panels.map(({ id }: any) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
