import type { Job } from '@jq/core'
import type { Column } from '../columns.ts'

/** What a list says of a job. */
export const jobColumns: readonly Column<Job>[] = [
  ['ID', ({ id }) => id],
  ['TYPE', ({ type }) => type],
  ['STATE', ({ state }) => state],
  ['ATTEMPT', ({ attempt }) => attempt],
  ['PRIORITY', ({ priority }) => priority],
  ['ORIGIN', ({ origin }) => origin],
  ['CREATED', ({ createdAt }) => createdAt],
  ['STOPPED', ({ stoppedAt }) => stoppedAt],
  ['ERROR', ({ errorMsg }) => errorMsg?.split('\n')[0]],
]
