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
  addEmptyBundle,
  addKeyedJobs,
  addMembers,
  addPlainJobs,
  addWholeBundle,
  BUNDLE_IS_KNOWN,
  type KnownRow,
  lockOpenBundle,
  PATIENCE,
  readMemberIds,
  sealBundle,
} from './statements/add-jobs.ts'
import type { ListOptions } from './statements/job-list.ts'
import { readBundle } from './statements/read-bundle.ts'
import { storedInTurn } from './stored-in-turn.ts'

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
  if (chunks.onlyOne)
    return resultsOf(
      first,
      await askRepeatedly(adding, first, (options) => insertion(adding, first, options)),
    )
  return inTransaction(adding, first.entries[0]?.id as string, (asks) =>
    storedInTurn(
      chunks.all,
      async (chunk) => resultsOf(chunk, placed(await asks.ask(insertion(adding, chunk)))),
      { readsAhead: adding.within === null },
    ),
  )
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
  const known = await askRepeatedly(adding, first, (options) =>
    addWholeBundle(adding.statements, bundle, first.jobs, patienceOf(adding), options),
  )
  if (!known.has(BUNDLE_PLACE)) return { id: bundle.id, jobs: resultsOf(first, known) }
  const members = await knownMembers(adding.within ?? adding.database, adding.statements, bundle.id, first, 0)
  return { id: bundle.id, jobs: resultsOf(first, members) }
}

async function streamBundle(
  adding: Adding,
  bundle: PreparedBundle,
  chunks: AsyncIterable<Chunk>,
): Promise<AddResult[]> {
  const { statements } = adding
  return inTransaction(adding, bundle.id, async (asks) => {
    const [answer] = await asks.ask(addEmptyBundle(statements, bundle))
    const isFresh = answer?.fresh === 1
    let seen = 0
    const stored = async (chunk: Chunk) => {
      const before = seen
      seen += chunk.entries.length
      const known = isFresh
        ? placed(await asks.ask(addMembers(statements, bundle, chunk.jobs, patienceOf(adding))))
        : await knownMembers(asks, statements, bundle.id, chunk, before)
      return resultsOf(chunk, known)
    }
    const results = await storedInTurn(chunks, stored, { readsAhead: adding.within === null })
    if (isFresh && bundle.sealed) await asks.ask(sealBundle(statements, bundle.id))
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
    const stored = async (chunk: Chunk) => {
      const added = addMembers(statements, { id, startAt: null }, chunk.jobs, patienceOf(adding))
      return resultsOf(chunk, placed(await asks.ask(added)))
    }
    return storedInTurn(chunks.all, stored, { readsAhead: within === null })
  })
}

async function refuseClosed(asks: Asks, statements: Statements, id: string): Promise<void> {
  const [answer] = await asks.ask(lockOpenBundle(statements, id))
  if (answer?.verdict === 'notFound') throw new NotFoundError('bundle', id)
  if (answer?.verdict === 'sealed') throw new BundleSealedError(id)
  if (answer?.verdict === 'stopped') throw new BundleStoppedError(id)
}

function insertion(adding: Adding, { jobs }: Chunk, options: ListOptions = {}): CompiledQuery<KnownRow> {
  const keyed = jobs.some(({ uniqueKey }) => uniqueKey !== null)
  return keyed
    ? addKeyedJobs(adding.statements, jobs, patienceOf(adding))
    : addPlainJobs(adding.statements, jobs, options)
}

/** In the caller's transaction, how long to wait for a key is the caller's own setting. */
function patienceOf({ within }: Adding): string | null {
  return within === null ? PATIENCE : null
}

/** Of a bundle that exists: its members, in the order of adding, stand for those of the repeated call. */
async function knownMembers(
  asks: Asks,
  statements: Statements,
  bundleId: string,
  { jobs }: Chunk,
  skip: number,
): Promise<Known> {
  const members = await asks.ask(readMemberIds(statements, bundleId, skip, jobs.length))
  return new Map(jobs.map(({ id }, place) => [place, members[place]?.id ?? id]))
}

/** Those of a chunk that were not added: by its place in `jobs`, the id of the job that stands in its way. */
type Known = ReadonlyMap<number, string>

function placed(rows: readonly KnownRow[]): Known {
  return new Map(rows.map(({ place, id }) => [Number(place) - 1, id]))
}

const BUNDLE_PLACE = Number(BUNDLE_IS_KNOWN) - 1

/** Repeats one statement whose jobs have their ids already; after a lost reply, those that are there are the ones just added. */
async function askRepeatedly(
  { database, within }: Adding,
  chunk: Chunk,
  statement: (options: ListOptions) => CompiledQuery<KnownRow>,
): Promise<Known> {
  if (within !== null) return placed(await within.ask(statement({})))
  let unsure = false
  try {
    return await database.persistently(async () => {
      try {
        const known = placed(await database.once(statement({ repeats: unsure })))
        return unsure ? withoutOwn(known, chunk) : known
      } catch (error) {
        unsure ||= isConnectionLoss(error)
        throw error
      }
    })
  } catch (error) {
    throw unsure ? new UnknownCommitError(chunk.entries[0]?.id as string, error) : error
  }
}

/** A bundle that is known after a lost reply is the one just added, with all its members. */
function withoutOwn(known: Known, { jobs }: Chunk): Known {
  if (known.has(BUNDLE_PLACE)) return new Map()
  const own = new Set(jobs.map(({ id }) => id))
  return new Map([...known].filter(([, id]) => !own.has(id)))
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
