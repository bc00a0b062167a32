import type { JobQueue } from '@jq/core'
import { Authenticator } from './authenticator.ts'
import type { CheckedHttpOptions } from './http-options.ts'
import { KnownJobs } from './known-jobs.ts'
import { Outage } from './outage.ts'
import { Readiness } from './readiness.ts'
import { Traffic } from './traffic.ts'

/** What the operations of one API share. */
export interface Api {
  readonly options: CheckedHttpOptions
  readonly jobqueue: JobQueue
  readonly jobs: KnownJobs
  readonly authenticator: Authenticator
  readonly traffic: Traffic
  /** Streams of events are counted apart from requests: they last. */
  readonly streams: Traffic
  readonly readiness: Readiness
  readonly outage: Outage
}

/** @throws InvalidInputError */
export function apiOf(options: CheckedHttpOptions): Api {
  const { jobqueue, auth, logger } = options
  const traffic = new Traffic(options.maxRequests)
  return {
    options,
    jobqueue,
    jobs: new KnownJobs(options.jobs),
    authenticator: new Authenticator(auth, logger),
    traffic,
    streams: new Traffic(options.maxStreams),
    readiness: new Readiness(jobqueue, traffic),
    outage: new Outage(jobqueue),
  }
}
