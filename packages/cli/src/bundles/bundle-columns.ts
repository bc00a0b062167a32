import type { JobBundle } from '@jq/core'
import type { Column } from '../columns.ts'

/** A bundle without its members. */
export type ShownBundle = Omit<JobBundle, 'jobs'>

/** What a list says of a bundle. */
export const bundleColumns: readonly Column<ShownBundle>[] = [
  ['ID', ({ id }) => id],
  ['TYPE', ({ type }) => type],
  ['STOPPED', ({ numJobs, numJobsStopped }) => `${numJobsStopped}/${numJobs}`],
  ['FAILED', ({ numJobsFailed }) => numJobsFailed],
  ['EPOCH', ({ epoch }) => epoch],
  ['ORIGIN', ({ origin }) => origin],
  ['CREATED', ({ createdAt }) => createdAt],
  ['ENDED', ({ stoppedAt }) => stoppedAt],
]
