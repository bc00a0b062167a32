import type { Api } from '../api.ts'
import type { Operation } from '../operation.ts'
import { batchOperations } from './batches.ts'
import { bundleOperations } from './bundles.ts'
import { eventOperations } from './events.ts'
import { typeOperations } from './job-types.ts'
import { jobOperations } from './jobs.ts'
import { observationOperations } from './observation.ts'
import { probeOperations } from './probes.ts'
import { scheduleOperations } from './schedules.ts'
import { seedOperations } from './seed.ts'

/** Under which our own face stands: a segment that no other program has, so that it is found wherever it is mounted. */
export const apiPath = '/_jobqueue/api/v1'

/** Everything that can be asked: by job-scheduler's paths, and by our own, which begin with {@link apiPath}. */
export function allOperations(api: Api): { seed: readonly Operation[]; own: readonly Operation[] } {
  if (api.options.probesOnly)
    return { seed: [...seedOperations(api), ...probeOperations(api)].filter(isProbe), own: [] }
  return {
    seed: [...seedOperations(api), ...probeOperations(api)],
    own: [
      ...jobOperations(api),
      ...batchOperations(api),
      ...bundleOperations(api),
      ...scheduleOperations(api),
      ...typeOperations(api),
      ...observationOperations(api),
      ...eventOperations(api),
    ],
  }
}

/** What those ask who keep a process running is answered whatever goes on in it. */
function isProbe({ isAlwaysOpen }: Operation): boolean {
  return isAlwaysOpen === true
}
