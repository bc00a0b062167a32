import {
  type AddResult,
  type BundleId,
  BundleSealedError,
  type BundleSpec,
  BundleStoppedError,
  InvalidInputError,
  type JobDescs,
  NotFoundError,
  UnknownCommitError,
} from '@jq/core'
import { checkedId, prepareBundle } from '@jq/core/internal'
import { type Chunk, chunksOf, resultsOf } from './chunks.ts'
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
  sealBundle,
} from './statements/add-jobs.ts'
import { readBundle } from './statements/read-bundle.ts'

interface Adding {
  readonly database: Database
  readonly statements: Statements
  readonly origin: string
}

/** Adds any number of jobs in one transaction, in memory that does not grow with them but for the answers. */
export async function addMany(
  { database, statements, origin }: Adding,
  jobs: JobDescs,
): Promise<readonly AddResult[]> {
  const chunks = await peeked(chunksOf(jobs, origin))
  if (chunks.first === undefined) return []
  if (chunks.onlyOne)
    return resultsOf(
      chunks.first,
      await repeatable(database, chunks.first, () =>
        database.once(insertion(statements, chunks.first as Chunk)),
      ),
    )
  return inTransaction(database, chunks.first.entries[0]?.id as string, async (asks) => {
    const results: AddResult[] = []
    for await (const chunk of chunks.all)
      results.push(...resultsOf(chunk, await asks.ask(insertion(statements, chunk))))
    return results
  })
}

/** Adds a bundle and all its members in one transaction; in one round trip where they fit into one. */
export async function addBundle(
  { database, statements }: Adding,
  spec: BundleSpec,
): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
  const bundle = prepareBundle(spec)
  const chunks = await peeked(chunksOf(spec.jobs, bundle.origin))
  if (chunks.first === undefined && bundle.sealed) {
    throw new InvalidInputError(
      'empty_bundle',
      'bundle.jobs',
      'is empty: such a bundle would stop before it began. Give at least one job, or open: true to add them later.',
    )
  }
  const first = chunks.first ?? { jobs: [], entries: [] }
  if (chunks.onlyOne) {
    const rows = await repeatable(database, first, () =>
      database.once(addWholeBundle(statements, bundle, first.jobs)),
    )
    const known = rows.length === 0 && first.jobs.length > 0
    return {
      id: bundle.id,
      jobs: known
        ? first.entries.map(({ id }) => ({ id, status: 'duplicate' as const }))
        : resultsOf(first, rows),
    }
  }
  const jobs = await inTransaction(database, bundle.id, async (asks) => {
    const results: AddResult[] = []
    const fresh = (await asks.ask(addEmptyBundle(statements, bundle)))[0]?.insert_bundle === true
    for await (const chunk of chunks.all) {
      const known = () => chunk.jobs.map(({ id }) => ({ id, added: false }))
      results.push(
        ...resultsOf(
          chunk,
          fresh ? await asks.ask(addMembers(statements, bundle.id, chunk.jobs, bundle.startAt)) : known(),
        ),
      )
    }
    if (fresh && bundle.sealed) await asks.ask(sealBundle(statements, bundle.id))
    return results
  })
  return { id: bundle.id, jobs }
}

/** Adds members to an open bundle. */
export async function addToBundle(
  { database, statements, origin }: Adding,
  bundleId: BundleId,
  jobs: JobDescs,
): Promise<readonly AddResult[]> {
  const id = checkedId(bundleId, 'bundleId')
  const bundle = (await database.ask(readBundle(statements, id)))[0]
  const itsOrigin = bundle === undefined ? origin : (JSON.parse(bundle.row) as { origin: string }).origin
  const chunks = await peeked(chunksOf(jobs, itsOrigin))
  return inTransaction(database, id, async (asks) => {
    await refuseClosed(asks, statements, id)
    const results: AddResult[] = []
    for await (const chunk of chunks.all)
      results.push(...resultsOf(chunk, await asks.ask(addMembers(statements, id, chunk.jobs, null))))
    return results
  })
}

async function refuseClosed(asks: Asks, statements: Statements, id: string): Promise<void> {
  const [answer] = await asks.ask(lockOpenBundle(statements, id))
  if (answer?.verdict === 'notFound') throw new NotFoundError('bundle', id)
  if (answer?.verdict === 'sealed') throw new BundleSealedError(id)
  if (answer?.verdict === 'stopped') throw new BundleStoppedError(id)
}

function insertion(statements: Statements, { jobs }: Chunk) {
  return jobs.some(({ uniqueKey }) => uniqueKey !== null)
    ? addKeyedJobs(statements, jobs)
    : addPlainJobs(statements, jobs)
}

/** Repeats one statement whose jobs have their ids already; after a lost reply, those that are there are the ones just added. */
async function repeatable(
  database: Database,
  chunk: Chunk,
  work: () => Promise<AddedRow[]>,
): Promise<{ id: string; added: boolean }[]> {
  let unsure = false
  try {
    return await database.persistently(async () => {
      try {
        const rows = await work()
        if (!unsure) return rows
        const own = new Set(chunk.jobs.map(({ id }) => id))
        return rows.length === 0
          ? chunk.jobs.map(({ id }) => ({ id, added: true }))
          : rows.map(({ id, added }) => ({ id, added: added || own.has(id) }))
      } catch (error) {
        unsure ||= isConnectionLoss(error)
        throw error
      }
    })
  } catch (error) {
    throw isConnectionLoss(error) ? new UnknownCommitError(chunk.entries[0]?.id as string, error) : error
  }
}

/** A stream cannot be read twice, so a transaction that is lost is not repeated; only the answer to its commit can be unknown. */
async function inTransaction<T>(
  database: Database,
  id: string,
  work: (asks: Asks) => Promise<T>,
): Promise<T> {
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
