import { defineJob } from '@jq/core'
import { createMemoryJobQueue, until } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { traced, traceWorker } from '../src/index.ts'

const work = defineJob('work', { payload: z.object({ fails: z.boolean().default(false) }) })
const other = defineJob('other', { payload: z.object({}) })

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
const provider = new MeterProvider({ readers: [reader] })
afterAll(async () => {
  metrics.disable()
  await provider.shutdown()
})

/** Counts of a metric's points, by what they are told apart by. */
async function seen(name: string): Promise<Record<string, number>> {
  const { resourceMetrics } = await reader.collect()
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
  const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
  return Object.fromEntries(
    points.map(({ attributes, value }) => [
      Object.entries(attributes)
        .map(([key, text]) => `${key.split('.').slice(1).join('.')}=${text}`)
        .sort()
        .join(' '),
      typeof value === 'number' ? value : value.count,
    ]),
  )
}

test('jobs that are added, claimed and run are measured by the names of the messaging conventions, without ids', async () => {
  const queue = traced(createMemoryJobQueue())
  const worker = createWorker(queue)
  onTestFinished(() => worker.stopThreads())
  traceWorker(worker)
  worker
    .register(
      work,
      ({ fails }) => {
        if (fails) throw new TypeError('no')
      },
      { maxRetryCount: 0 },
    )
    .register(other, () => undefined)
  await queue.add(work, {}) // before anybody measures
  metrics.setGlobalMeterProvider(provider)
  await queue.add(work, { fails: true })
  await queue.addMany([work.with({}), other.with({})])
  await expect(queue.add(work, 7 as never)).rejects.toThrow()
  await worker.runOnce()
  const processed = async () => seen('messaging.process.duration')
  await until('all have run', async () => Object.values(await processed()).reduce((a, b) => a + b, 0) === 4)
  const about = 'operation.name=process operation.type=process system=jobqueue'
  expect(await processed()).toEqual({
    [`destination.name=work ${about}`]: 2,
    [`destination.name=other ${about}`]: 1,
    [`destination.name=work ${about} type=TypeError`]: 1,
  })
  const send = 'operation.name=send operation.type=send system=jobqueue'
  expect(await seen('messaging.client.sent.messages')).toEqual({
    [`destination.name=work ${send}`]: 1,
    [send]: 2,
  })
  expect(await seen('messaging.client.operation.duration')).toMatchObject({
    [`destination.name=work ${send}`]: 1,
    [`destination.name=work ${send} type=InvalidInputError`]: 1,
    [send]: 1,
  })
  const receive = 'operation.name=receive operation.type=receive system=jobqueue'
  expect(await seen('messaging.client.consumed.messages')).toEqual({
    [`destination.name=work ${receive}`]: 3,
    [`destination.name=other ${receive}`]: 1,
  })
})
