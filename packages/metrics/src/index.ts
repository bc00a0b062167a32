export { createMetrics } from './create-metrics.ts'
export type { Metrics, MetricsOptions, ObservableWorker } from './metrics-options.ts'
