import { Registry } from 'prom-client'
import { AddedJobs } from './added-jobs.ts'
import { BundleMetrics } from './bundle-metrics.ts'
import { type Metrics, type MetricsOptions, metricsSettings } from './metrics-options.ts'
import { OwnRegistry } from './own-registry.ts'
import { ProcessMetrics } from './process-metrics.ts'
import { QueueGauges } from './queue-gauges.ts'
import { WorkerMetrics } from './worker-metrics.ts'

/**
 * Prometheus metrics of a job queue.
 *
 * Counters and histograms are of this process. Gauges of the database come from one process at a time, whichever asks first, and from
 * no other: no figure is exported twice. Nothing is asked between two calls of `text`, and what is asked then costs the same however
 * many jobs there are.
 *
 * @throws InvalidInputError
 * @example
 * const metrics = createMetrics({ jobqueue: queue, worker })
 * createServer(async (_, response) => response.end(await metrics.text())).listen(9464, '127.0.0.1')
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const settings = metricsSettings(options)
  const registry = settings.registry ?? new Registry()
  const own = new OwnRegistry(registry)
  const { jobqueue, worker } = settings
  const ends = [
    new ProcessMetrics(own, jobqueue.work, worker),
    new QueueGauges(own, jobqueue.work, settings.sampleEveryMs),
    ...(worker === undefined ? [] : [new WorkerMetrics(own, worker)]),
    ...(settings.bundles ? [new BundleMetrics(own, jobqueue)] : []),
  ]
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    jobqueue: new AddedJobs(own, settings.origins).counted(jobqueue),
    close: async () => {
      own.clear()
      for (const part of ends) await part.close()
    },
  }
}
