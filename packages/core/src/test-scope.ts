import { AsyncLocalStorage } from 'node:async_hooks'
import { checkedStream } from './chunks.ts'
import type { ServiceEvent } from './events.ts'
import { InlineBundle } from './inline-bundle.ts'
import { inlineFailure, inlineJob, inlineSuccess } from './inline-job.ts'
import type { Job } from './job.ts'
import type { BundleSpec } from './job-bundle.ts'
import type { JobDesc, JobDescs } from './job-definition.ts'
import { type BundleId, checkedId } from './job-id.ts'
import type { AddResult } from './job-queue.ts'
import { emptyBundle, prepareBundle } from './prepare-bundle.ts'
import { type PreparedJob, prepareJob } from './prepare-job.ts'
import { type InlineWorker, runInline } from './run-inline.ts'

// Empty but inside of a test's own asynchronous context: no two queues, and no two tests, meet in it.
const scopes = new AsyncLocalStorage<TestScope>()

/** What the test has said that surrounds this call; undefined outside of tests, and nearly always. */
export function testScope(): TestScope | undefined {
  return scopes.getStore()
}

/** Runs `fn`, in which, and in everything it awaits, jobs and bundles fare so; scopes may stand in each other. */
export function withTestScope<T>(rules: Partial<ScopeRules>, fn: () => T): T {
  return scopes.run(new TestScope(rules, scopes.getStore()), fn)
}

export interface ScopeRules {
  ignoresJob(job: JobDesc): boolean
  ignoresBundle(bundle: BundleSpec): boolean
  /** Runs jobs at once; undefined: they are stored. */
  readonly worker: InlineWorker | undefined
}

/** What a service lends to the scope. */
export interface ScopedService {
  readonly origin: string
  now(): Date
  /** Tells whoever listens in this process. */
  tell(event: ServiceEvent): void
}

interface Entry {
  readonly desc: JobDesc
  readonly job: PreparedJob
  readonly ignored: boolean
}

type Place = Pick<Job, 'bundleId' | 'afterBundleId'>
type Insert = (jobs: readonly JobDesc[]) => Promise<readonly AddResult[]>
type AddedBundle = { id: BundleId; jobs: readonly AddResult[] }

const STANDALONE: Place = { bundleId: null, afterBundleId: null }

/**
 * Stands between a service and what is added to it inside of a test scope. Input is checked all the same, ignored or not; what is
 * neither ignored nor run goes on to `insert`, as if there were no scope.
 */
class TestScope implements ScopeRules {
  readonly worker: InlineWorker | undefined
  readonly #rules: Partial<ScopeRules>
  readonly #outer: TestScope | undefined
  /** Bundles that are nowhere stored, but to which members may be added yet. */
  readonly #ignored: Set<BundleId>
  readonly #open: Map<BundleId, InlineBundle>

  constructor(rules: Partial<ScopeRules>, outer: TestScope | undefined) {
    this.#rules = rules
    this.#outer = outer
    this.worker = rules.worker ?? outer?.worker
    this.#ignored = outer === undefined ? new Set() : outer.#ignored
    this.#open = outer === undefined ? new Map() : outer.#open
  }

  ignoresJob(job: JobDesc): boolean {
    return (this.#rules.ignoresJob?.(job) ?? false) || (this.#outer?.ignoresJob(job) ?? false)
  }

  ignoresBundle(bundle: BundleSpec): boolean {
    return (this.#rules.ignoresBundle?.(bundle) ?? false) || (this.#outer?.ignoresBundle(bundle) ?? false)
  }

  async add(
    service: ScopedService,
    desc: JobDesc,
    insert: (job: JobDesc) => Promise<AddResult>,
  ): Promise<AddResult> {
    const entry = this.#entryOf(desc, service.origin, 'options')
    const [result] = await this.#pass(service, [entry], STANDALONE, async ([one]) => [
      await insert(one as JobDesc),
    ])
    return result as AddResult
  }

  async addMany(service: ScopedService, descs: JobDescs, insert: Insert): Promise<readonly AddResult[]> {
    return this.#pass(service, await this.#read(descs, service.origin), STANDALONE, insert)
  }

  /** A bundle of which no member is left is ignored as a whole. */
  async addBundle(
    service: ScopedService,
    spec: BundleSpec,
    insert: (spec: BundleSpec) => Promise<AddedBundle>,
  ): Promise<AddedBundle> {
    const prepared = prepareBundle(spec)
    const entries = await this.#read(spec.jobs, prepared.origin)
    if (entries.length === 0 && prepared.sealed) throw emptyBundle()
    const { id } = prepared
    const whole = this.ignoresBundle({ ...spec, jobs: entries.map(({ desc }) => desc) })
    if (whole || (entries.length > 0 && entries.every(({ ignored }) => ignored))) {
      this.#ignored.add(id)
      return { id, jobs: entries.map(ignoredResult) }
    }
    if (this.worker === undefined) {
      const jobs = await this.#insertRest(
        entries,
        async (rest) => (await insert({ ...spec, id, jobs: rest })).jobs,
      )
      return { id, jobs }
    }
    const bundle = new InlineBundle(prepared, service.now())
    this.#open.set(id, bundle)
    const jobs = await this.#runAll(service, this.worker, entries, { bundleId: id, afterBundleId: null })
    if (prepared.sealed) await this.#stop(service, this.worker, bundle)
    return { id, jobs }
  }

  async addToBundle(
    service: ScopedService,
    bundleId: BundleId,
    descs: JobDescs,
    insert: Insert,
  ): Promise<readonly AddResult[]> {
    const id = checkedId(bundleId, 'bundleId')
    const entries = await this.#read(descs, this.#open.get(id)?.prepared.origin ?? service.origin)
    if (this.#ignored.has(id)) return entries.map(ignoredResult)
    return this.#pass(service, entries, { bundleId: id, afterBundleId: null }, insert)
  }

  /** @returns false where the bundle is none of this scope's */
  async sealBundle(service: ScopedService, bundleId: BundleId): Promise<boolean> {
    const id = checkedId(bundleId, 'bundleId')
    const bundle = this.#open.get(id)
    if (bundle === undefined || this.worker === undefined) return this.#ignored.has(id)
    await this.#stop(service, this.worker, bundle)
    return true
  }

  async #read(descs: JobDescs, origin: string): Promise<Entry[]> {
    const entries: Entry[] = []
    for await (const desc of checkedStream(descs))
      entries.push(this.#entryOf(desc, origin, `jobs[${entries.length}]`))
    return entries
  }

  #entryOf(desc: JobDesc, origin: string, path: string): Entry {
    const job = prepareJob(desc, origin, path)
    return { desc, job, ignored: this.ignoresJob(desc) }
  }

  #pass(
    service: ScopedService,
    entries: readonly Entry[],
    place: Place,
    insert: Insert,
  ): Promise<readonly AddResult[]> {
    return this.worker === undefined
      ? this.#insertRest(entries, insert)
      : this.#runAll(service, this.worker, entries, place)
  }

  async #insertRest(entries: readonly Entry[], insert: Insert): Promise<readonly AddResult[]> {
    const rest = entries.filter(({ ignored }) => !ignored)
    if (rest.length === 0 && entries.length > 0) return entries.map(ignoredResult)
    const results = [...(await insert(rest.map(({ desc }) => desc)))]
    return entries.map((entry) => (entry.ignored ? ignoredResult(entry) : (results.shift() as AddResult)))
  }

  /** One after the other: the first that throws is the last that runs. */
  async #runAll(
    service: ScopedService,
    worker: InlineWorker,
    entries: readonly Entry[],
    place: Place,
  ): Promise<readonly AddResult[]> {
    const results: AddResult[] = []
    for (const entry of entries) {
      results.push(entry.ignored ? ignoredResult(entry) : { id: entry.job.id, status: 'ran' })
      if (!entry.ignored) await this.#run(service, worker, entry.job, place)
    }
    return results
  }

  async #run(
    service: ScopedService,
    worker: InlineWorker,
    prepared: PreparedJob,
    place: Place,
  ): Promise<void> {
    const running = inlineJob(prepared, place, service.now())
    try {
      const job = inlineSuccess(
        running,
        await worker[runInline](running, prepared.payloadVersion ?? 1),
        service.now(),
      )
      this.#open.get(place.bundleId as string)?.add(job)
      tellJobStopped(service, job, 'succeeded')
    } catch (error) {
      tellJobStopped(service, inlineFailure(running, error, service.now()), 'failed')
      throw error
    }
  }

  /** Its whenStopped jobs run before its listeners hear of it, in whose hands it is the bundle of memory. */
  async #stop(service: ScopedService, worker: InlineWorker, bundle: InlineBundle): Promise<void> {
    const { id, whenStopped } = bundle.prepared
    this.#open.delete(id)
    const stopped = bundle.stopped(service.now())
    for (const job of whenStopped)
      await this.#run(service, worker, job, { bundleId: null, afterBundleId: id })
    const { type: bundleType, origin, epoch } = stopped
    service.tell({
      kind: 'bundle',
      event: { bundleId: id, bundleType, origin, epoch, hasError: false, getJobBundle: async () => stopped },
    })
  }
}

function ignoredResult({ job }: Entry): AddResult {
  return { id: job.id, status: 'ignored' }
}

function tellJobStopped(service: ScopedService, job: Job, outcome: 'succeeded' | 'failed'): void {
  const { id, type, origin, bundleId, attempt } = job
  const event = { jobId: id, jobType: type, origin, bundleId, attempt, outcome, willRetry: false }
  service.tell({ kind: 'job', event: { ...event, getJob: async () => job } })
}
