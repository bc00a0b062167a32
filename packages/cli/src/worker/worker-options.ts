import type { Duration } from '@jq/core'
import type { Option } from 'commander'
import { count, list, oneOf, span, text, toggle } from '../option-kinds.ts'

/** What a worker process is told. */
export interface WorkerFlags {
  readonly threads?: number
  readonly types?: string[]
  readonly once?: true
  readonly grace?: Duration
  readonly migrate?: 'never' | 'up'
  readonly probePort?: number
  readonly probeHost?: string
}

export const workerOptions: readonly Option[] = [
  count('--threads <N>', 'jobs at a time (default: 10)', { least: 1, most: 10_000 }),
  list('--types <TYPES>', 'only these of the types that the module registers, with commas between them'),
  toggle('--once', 'run what is due now, and end'),
  span('--grace <DURATION>', 'how long a drain waits for what runs, before it is given back (default: 25s)'),
  oneOf('--migrate <WHEN>', 'up: bring the schema up to date first', ['never', 'up']),
  count('--probe-port <PORT>', 'serve /livez, /readyz, /health and /metrics there; 0: any that is free', {
    most: 65_535,
  }),
  text('--probe-host <HOST>', 'the address for that; in a container 0.0.0.0 (default: 127.0.0.1)'),
]
