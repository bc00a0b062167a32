import type { AddResult, BundleId, BundleSpec, JobDesc, JobDescs } from '@jq/core'
import { type Chunk, chunksOf, emptyBundle, prepareBundle, prepareJob, resultsOf } from '@jq/core/internal'
import type { Doing } from './memory-transaction.ts'
import { membersOf } from './read-jobs.ts'
import { storeBundle, storeMembers } from './store-bundle.ts'
import { type Stored, storeJobs } from './store-jobs.ts'

/** Of what is added without one. */
export const ORIGIN = 'unknown'

// Everything is read and checked before the first of it is stored.

export async function addJob(within: Doing, desc: JobDesc): Promise<AddResult> {
  const job = prepareJob(desc, ORIGIN, 'options')
  const [stored] = within.do((tables) => storeJobs(tables, [job])) as [Stored]
  return { id: stored.id, status: stored.added ? 'added' : 'duplicate' }
}

export async function addMany(within: Doing, descs: JobDescs): Promise<readonly AddResult[]> {
  const chunks = await gathered(chunksOf(descs, ORIGIN))
  return resultsOfAll(
    chunks,
    within.do((tables) => storeJobs(tables, jobsOf(chunks))),
  )
}

export async function addBundle(
  within: Doing,
  spec: BundleSpec,
): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
  const bundle = prepareBundle(spec)
  const chunks = await gathered(chunksOf(spec.jobs, bundle.origin))
  if (chunks.length === 0 && bundle.sealed) throw emptyBundle()
  const stored = within.do((tables) => storeBundle(tables, bundle, jobsOf(chunks)))
  return { id: bundle.id, jobs: resultsOfAll(chunks, stored ?? knownMembers(within, bundle.id, chunks)) }
}

export async function addToBundle(
  within: Doing,
  id: BundleId,
  descs: JobDescs,
): Promise<readonly AddResult[]> {
  const chunks = await gathered(chunksOf(descs, within.tables.bundles.get(id)?.origin ?? ORIGIN))
  return resultsOfAll(
    chunks,
    within.do((tables) => storeMembers(tables, id, jobsOf(chunks))),
  )
}

async function gathered(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

function jobsOf(chunks: readonly Chunk[]): Chunk['jobs'] {
  return chunks.flatMap(({ jobs }) => jobs)
}

/** What became of each entry of all chunks, whose jobs were stored in one list. */
function resultsOfAll(chunks: readonly Chunk[], stored: readonly Stored[]): AddResult[] {
  let from = 0
  return chunks.flatMap((chunk) => {
    const known = stored
      .slice(from, from + chunk.jobs.length)
      .map(({ id, added }, place) => ({ id, added, place }))
    const results = resultsOf(
      chunk,
      new Map(known.filter(({ added }) => !added).map(({ id, place }) => [place, id])),
    )
    from += chunk.jobs.length
    return results
  })
}

/** Of a bundle that exists: its members, in the order of adding, stand for those of the repeated call. */
function knownMembers({ tables }: Doing, bundleId: string, chunks: readonly Chunk[]): Stored[] {
  const members = membersOf(tables, bundleId)
  return jobsOf(chunks).map(({ id }, place) => ({ id: members[place]?.id ?? id, added: false }))
}
