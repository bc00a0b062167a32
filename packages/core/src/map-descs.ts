import type { JobDesc, JobDescs } from './job-definition.ts'

/** The same jobs, each as `change` makes it, read as they are asked for: once, and as a stream where they are one. */
export function mapDescs(jobs: JobDescs, change: (job: JobDesc) => JobDesc): JobDescs {
  const given = jobs as Partial<Iterable<JobDesc> & AsyncIterable<JobDesc>> | null | undefined
  if (typeof given?.[Symbol.iterator] === 'function') return mapped(jobs as Iterable<JobDesc>, change)
  if (typeof given?.[Symbol.asyncIterator] === 'function')
    return mappedLater(jobs as AsyncIterable<JobDesc>, change)
  return jobs // what is no list is refused by whoever reads it
}

function* mapped(jobs: Iterable<JobDesc>, change: (job: JobDesc) => JobDesc): Iterable<JobDesc> {
  for (const job of jobs) yield isDesc(job) ? change(job) : job
}

async function* mappedLater(
  jobs: AsyncIterable<JobDesc>,
  change: (job: JobDesc) => JobDesc,
): AsyncIterable<JobDesc> {
  for await (const job of jobs) yield isDesc(job) ? change(job) : job
}

/** So is what is no job. */
function isDesc(job: JobDesc): boolean {
  return typeof job === 'object' && job !== null
}
