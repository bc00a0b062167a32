import {
  type AddResult,
  type BundleId,
  BundleSealedError,
  type BundleSpec,
  BundleStoppedError,
  type JobDescs,
  NotFoundError,
  UnknownCommitError,
} from '@jq/core'
import {
  type Chunk,
  checkedId,
  chunksOf,
  emptyBundle,
  type PreparedBundle,
  prepareBundle,
  resultsOf,
} from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Asks, Database } from './database.ts'
import { isConnectionLoss } from './sql-state.ts'
import type { Statements } from './statement.ts'
import {
  type AddedRow,
  addEmptyBundle,
  addKeyedJobs,
  addMembers,
  addPlainJobs,
  addWholeBundle,
  lockOpenBundle,
  PATIENCE,
  readMemberIds,
  sealBundle,
} from './statements/add-jobs.ts'
import { readBundle } from './statements/read-bundle.ts'

/** Where jobs are added, and by whom. */
export interface Adding {
  readonly database: Database
  readonly statements: Statements
  readonly origin: string
  /** The caller's transaction; null: one of our own. */
  readonly within: Asks | null
}

/** Adds any number of jobs in one transaction, in memory that does not grow with them but for the answers. */
export async function addMany(adding: Adding, jobs: JobDescs): Promise<readonly AddResult[]> {
  const chunks = await peeked(chunksOf(jobs, adding.origin))
  const { first } = chunks
  if (first === undefined) return []
  if (chunks.onlyOne) return resultsOf(first, await askRepeatedly(adding, first, insertion(adding, first)))
  return inTransaction(adding, first.entries[0]?.id as string, async (asks) => {
    const results: AddResult[] = []
    for await (const chunk of chunks.all)
      results.push(...resultsOf(chunk, await asks.ask(insertion(adding, chunk))))
    return results
  })
}

/** Adds a bundle and all its members in one transaction; in one round trip where they fit into one. */
export async function addBundle(
  adding: Adding,
  spec: BundleSpec,
): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
  const bundle = prepareBundle(spec)
  const chunks = await peeked(chunksOf(spec.jobs, bundle.origin))
  if (chunks.first === undefined && bundle.sealed) throw emptyBundle()
  if (!chunks.onlyOne) return { id: bundle.id, jobs: await streamBundle(adding, bundle, chunks.all) }
  const first = chunks.first ?? { jobs: [], entries: [] }
  const rows = await askRepeatedly(
    adding,
    first,
    addWholeBundle(adding.statements, bundle, first.jobs, patienceOf(adding)),
  )
  if (rows.length > 0 || first.jobs.length === 0) return { id: bundle.id, jobs: resultsOf(first, rows) }
  // No row although there are members: a bundle of this id exists.
  const known = await knownRows(adding.within ?? adding.database, adding.statements, bundle.id, first, 0)
  return { id: bundle.id, jobs: resultsOf(first, known) }
}

async function streamBundle(
  adding: Adding,
  bundle: PreparedBundle,
  chunks: AsyncIterable<Chunk>,
): Promise<AddResult[]> {
  const { statements } = adding
  return inTransaction(adding, bundle.id, async (asks) => {
    const results: AddResult[] = []
    const [answer] = await asks.ask(addEmptyBundle(statements, bundle))
    for await (const chunk of chunks) {
      const rows =
        answer?.fresh === 1
          ? await asks.ask(addMembers(statements, bundle, chunk.jobs, patienceOf(adding)))
          : await knownRows(asks, statements, bundle.id, chunk, results.length)
      results.push(...resultsOf(chunk, rows))
    }
    if (answer?.fresh === 1 && bundle.sealed) await asks.ask(sealBundle(statements, bundle.id))
    return results
  })
}

/** Adds members to an open bundle. */
export async function addToBundle(
  adding: Adding,
  bundleId: BundleId,
  jobs: JobDescs,
): Promise<readonly AddResult[]> {
  const { database, statements, within } = adding
  const id = checkedId(bundleId, 'bundleId')
  const [bundle] = await (within ?? database).ask(readBundle(statements, id))
  const origin = bundle === undefined ? adding.origin : (JSON.parse(bundle.row) as { origin: string }).origin
  const chunks = await peeked(chunksOf(jobs, origin))
  return inTransaction(adding, id, async (asks) => {
    await refuseClosed(asks, statements, id)
    const results: AddResult[] = []
    for await (const chunk of chunks.all) {
      results.push(
        ...resultsOf(
          chunk,
          await asks.ask(addMembers(statements, { id, startAt: null }, chunk.jobs, patienceOf(adding))),
        ),
      )
    }
    return results
  })
}

async function refuseClosed(asks: Asks, statements: Statements, id: string): Promise<void> {
  const [answer] = await asks.ask(lockOpenBundle(statements, id))
  if (answer?.verdict === 'notFound') throw new NotFoundError('bundle', id)
  if (answer?.verdict === 'sealed') throw new BundleSealedError(id)
  if (answer?.verdict === 'stopped') throw new BundleStoppedError(id)
}

function insertion(adding: Adding, { jobs }: Chunk) {
  const keyed = jobs.some(({ uniqueKey }) => uniqueKey !== null)
  return keyed
    ? addKeyedJobs(adding.statements, jobs, patienceOf(adding))
    : addPlainJobs(adding.statements, jobs)
}

/** In the caller's transaction, how long to wait for a key is the caller's own setting. */
function patienceOf({ within }: Adding): string | null {
  return within === null ? PATIENCE : null
}

/** Of a bundle that exists: its members, in the order of adding, stand for those of the repeated call. */
async function knownRows(
  asks: Asks,
  statements: Statements,
  bundleId: string,
  { jobs }: Chunk,
  skip: number,
): Promise<{ id: string; added: number }[]> {
  const members = await asks.ask(readMemberIds(statements, bundleId, skip, jobs.length))
  return jobs.map(({ id }, place) => ({ id: members[place]?.id ?? id, added: 0 }))
}

/** Repeats one statement whose jobs have their ids already; after a lost reply, those that are there are the ones just added. */
async function askRepeatedly(
  { database, within }: Adding,
  chunk: Chunk,
  statement: CompiledQuery<AddedRow>,
): Promise<{ id: string; added: number }[]> {
  if (within !== null) return within.ask(statement)
  const own = new Set(chunk.jobs.map(({ id }) => id))
  let unsure = false
  try {
    return await database.persistently(async () => {
      try {
        const rows = await database.once(statement)
        if (!unsure) return rows
        if (rows.length === 0) return chunk.jobs.map(({ id }) => ({ id, added: 1 }))
        return rows.map(({ id, added }) => ({ id, added: added === 1 || own.has(id) ? 1 : 0 }))
      } catch (error) {
        unsure ||= isConnectionLoss(error)
        throw error
      }
    })
  } catch (error) {
    throw unsure ? new UnknownCommitError(chunk.entries[0]?.id as string, error) : error
  }
}

/** A stream cannot be read twice, so a transaction that is lost is not repeated; only the answer to its commit can be unknown. */
async function inTransaction<T>(
  { database, within }: Adding,
  id: string,
  work: (asks: Asks) => Promise<T>,
): Promise<T> {
  if (within !== null) return work(within)
  let worked = false
  try {
    return await database.transaction(async (asks) => {
      const answer = await work(asks)
      worked = true
      return answer
    })
  } catch (error) {
    throw worked && isConnectionLoss(error) ? new UnknownCommitError(id, error) : error
  }
}

/** Looks one chunk ahead, so that what fits into one statement goes in one. */
async function peeked(
  chunks: AsyncGenerator<Chunk>,
): Promise<{ first: Chunk | undefined; onlyOne: boolean; all: AsyncGenerator<Chunk> }> {
  const first = await chunks.next()
  const second = first.done ? first : await chunks.next()
  async function* all(): AsyncGenerator<Chunk> {
    if (!first.done) yield first.value
    if (!second.done) yield second.value
    yield* chunks
  }
  return { first: first.done ? undefined : first.value, onlyOne: second.done === true, all: all() }
}
