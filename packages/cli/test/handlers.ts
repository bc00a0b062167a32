import type { JobWorker } from '@jq/worker'
import { anything } from './queue-here.ts'

/** A module of handlers, as users write them. */
export default function register(worker: JobWorker): void {
  worker.register(anything, () => undefined)
}
