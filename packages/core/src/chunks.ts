import { InvalidInputError } from './errors.ts'
import type { JobDesc, JobDescs } from './job-definition.ts'
import type { AddResult } from './job-queue.ts'
import { type PreparedJob, prepareJob } from './prepare-job.ts'

/** Jobs of one insert: enough that a round trip is nothing beside them, few enough that memory stays small. */
const MOST_JOBS = 1_000
const MOST_CHARACTERS = 4_000_000

/** Jobs that are stored together, and where in the caller's list each of them stands. */
export interface Chunk {
  readonly jobs: readonly PreparedJob[]
  /** For each entry of the caller's, the place of its job in `jobs`; -1 where an earlier entry has the same id. */
  readonly entries: readonly { readonly id: string; readonly place: number }[]
}

/**
 * Reads jobs once, as a stream, and checks each before it goes anywhere.
 *
 * @throws InvalidInputError whose path names the entry: `jobs[17].payload.url`
 */
export async function* chunksOf(descs: JobDescs, origin: string): AsyncGenerator<Chunk> {
  const gathering = new Gathering(origin)
  const stream = checkedStream(descs)
  if (Symbol.asyncIterator in stream) {
    for await (const desc of stream) if (gathering.add(desc)) yield gathering.take()
  } else {
    // Without a promise for each of them, which would cost as much as its checks.
    for (const desc of stream) if (gathering.add(desc)) yield gathering.take()
  }
  if (!gathering.isEmpty) yield gathering.take()
}

/** The chunk that is being filled. */
class Gathering {
  readonly #origin: string
  /** Ids that came by and that the caller chose: only they can come twice, and the others would take memory for each job. */
  readonly #seen = new Set<string>()
  #chunk = emptyChunk()
  #count = 0

  constructor(origin: string) {
    this.#origin = origin
  }

  get isEmpty(): boolean {
    return this.#chunk.entries.length === 0
  }

  /** True once the chunk is full. */
  add(desc: JobDesc): boolean {
    const chunk = this.#chunk
    const job = prepareJob(desc, this.#origin, `jobs[${this.#count++}]`)
    const isRepeated = !job.idIsNew && this.#seen.has(job.id)
    if (!job.idIsNew) this.#seen.add(job.id)
    chunk.entries.push({ id: job.id, place: isRepeated ? -1 : chunk.jobs.length })
    if (!isRepeated) chunk.jobs.push(job)
    chunk.characters += job.payload.length
    return chunk.jobs.length === MOST_JOBS || chunk.characters > MOST_CHARACTERS
  }

  take(): Chunk {
    const chunk = this.#chunk
    this.#chunk = emptyChunk()
    return chunk
  }
}

/**
 * What became of each entry, in the caller's order.
 *
 * @param known - those that were not added: by its place in `jobs`, the id of the job that stands in its way
 */
export function resultsOf({ entries }: Chunk, known: ReadonlyMap<number, string>): AddResult[] {
  return entries.map(({ id, place }) => {
    const inTheWay = place === -1 ? id : known.get(place)
    return { id: inTheWay ?? id, status: inTheWay === undefined ? 'added' : 'duplicate' }
  })
}

function emptyChunk(): { jobs: PreparedJob[]; entries: { id: string; place: number }[]; characters: number } {
  return { jobs: [], entries: [], characters: 0 }
}

export function checkedStream(descs: JobDescs): JobDescs {
  const stream = descs as Partial<AsyncIterable<JobDesc> & Iterable<JobDesc>> | null | undefined
  if (
    typeof stream === 'object' &&
    stream !== null &&
    (Symbol.asyncIterator in stream || Symbol.iterator in stream)
  )
    return descs
  throw new InvalidInputError(
    'not_iterable',
    'jobs',
    'is no list of jobs. Give an array, or any iterable or async iterable, of definition.with(payload).',
  )
}
