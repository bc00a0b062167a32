import type { AddResult, JobDesc, JobDescs, WorkerService } from '@jq/core'
import { mapDescs, wrappedService } from '@jq/core/internal'
import type { Counter } from 'prom-client'
import type { OwnRegistry } from './own-registry.ts'

/** Counts what is added through a queue of its own making: nobody is told of adds, so that they cost nothing where nobody counts. */
export class AddedJobs {
  readonly #added: Counter
  readonly #origins: ReadonlySet<string>

  constructor(own: OwnRegistry, origins: ReadonlySet<string>) {
    this.#origins = origins
    this.#added = own.counter({
      name: 'jobqueue_jobs_added_total',
      help: 'Jobs that this process has added; those of a transaction when they are handed over, whatever becomes of it.',
      labels: ['type', 'origin', 'status'],
    })
  }

  counted(queue: WorkerService): WorkerService {
    return wrappedService(queue, {
      add: async (job, payload, options) => {
        const result = await queue.add(job, payload, options)
        this.#count({ type: job.type, origin: options?.origin }, result)
        return result
      },
      addMany: (jobs, options) => this.#countAll(jobs, (seen) => queue.addMany(seen, options)),
      addBundle: async (bundle, options) => {
        let id = ''
        const jobs = await this.#countAll(
          bundle?.jobs,
          async (seen) => {
            const answer = await queue.addBundle({ ...bundle, jobs: seen }, options)
            id = answer.id
            return answer.jobs
          },
          bundle?.origin,
        )
        return { id, jobs }
      },
      addToBundle: (bundleId, jobs, options) =>
        this.#countAll(jobs, (seen) => queue.addToBundle(bundleId, seen, options)),
    })
  }

  async #countAll(
    jobs: JobDescs,
    add: (jobs: JobDescs) => Promise<readonly AddResult[]>,
    bundleOrigin?: string,
  ): Promise<readonly AddResult[]> {
    const seen: { type: string; origin: string | undefined }[] = []
    const note = (job: JobDesc) => {
      seen.push({ type: job.type, origin: job.origin ?? bundleOrigin })
      return job
    }
    const results = await add(mapDescs(jobs, note))
    for (const [place, result] of results.entries()) this.#count(seen[place] ?? NOBODY, result)
    return results
  }

  #count({ type, origin }: { type: string; origin?: string | undefined }, { status }: AddResult): void {
    if (status !== 'added' && status !== 'duplicate') return // of a test's scope
    const shown = origin === undefined ? 'default' : this.#origins.has(origin) ? origin : 'other'
    this.#added.inc({ type, origin: shown, status })
  }
}

const NOBODY = { type: 'unknown' }
