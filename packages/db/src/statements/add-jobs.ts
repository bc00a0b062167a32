import type { PreparedBundle, PreparedJob } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import { jobText, type ListOptions, listText } from './job-list.ts'

/** A job that was not added: its place in the list, from 1, and the id of the job that stands in its way. The others were. */
export interface KnownRow {
  readonly place: string
  readonly id: string
}

/** The place in the answer of a bundle that exists. */
export const BUNDLE_IS_KNOWN = '0'

const COLUMNS = 'place::text, id::text'
/** How long our own adds wait for a unique key that somebody's open transaction has taken, before they try again. */
export const PATIENCE = '1s'

/**
 * Adds jobs without keys: the way of nearly all of them.
 *
 * @param options - `commits`: its transaction does nothing else
 */
export function addPlainJobs(
  statements: Statements,
  jobs: readonly PreparedJob[],
  { commits = false, ...options }: ListOptions & { readonly commits?: boolean } = {},
): CompiledQuery<KnownRow> {
  return call(statements, 'insert_plain_jobs', { list: listText(jobs, options), commits }, COLUMNS)
}

/** Adds jobs of which some hold a unique key. */
export function addKeyedJobs(
  statements: Statements,
  jobs: readonly PreparedJob[],
  patience: string | null,
): CompiledQuery<KnownRow> {
  return call(statements, 'insert_jobs', { list: listText(jobs), patience }, COLUMNS)
}

/** Adds a bundle with all its members, unless a bundle of this id exists (BUNDLE_IS_KNOWN). */
export function addWholeBundle(
  statements: Statements,
  bundle: PreparedBundle,
  jobs: readonly PreparedJob[],
  patience: string | null,
  options: ListOptions = {},
): CompiledQuery<KnownRow> {
  return call(
    statements,
    'insert_whole_bundle',
    {
      bundle: bundle.id,
      bundle_type: bundle.type,
      bundle_origin: bundle.origin,
      templates: templatesText(bundle),
      list: listText(jobs, options),
      seals: bundle.sealed,
      not_before: bundle.startAt?.toISOString() ?? null,
      patience,
      deletes: bundle.deleteOnSuccess,
    },
    COLUMNS,
  )
}

/** Makes a bundle, open and empty, to be filled and sealed in the same transaction. */
export function addEmptyBundle(
  statements: Statements,
  bundle: PreparedBundle,
): CompiledQuery<{ fresh: number }> {
  return call(
    statements,
    'insert_bundle',
    {
      bundle: bundle.id,
      bundle_type: bundle.type,
      bundle_origin: bundle.origin,
      templates: templatesText(bundle),
      deletes: bundle.deleteOnSuccess,
    },
    'insert_bundle::int as fresh',
  )
}

/** Adds members to a bundle that this transaction has made or locked. */
export function addMembers(
  statements: Statements,
  bundle: Pick<PreparedBundle, 'id' | 'startAt'>,
  jobs: readonly PreparedJob[],
  patience: string | null,
): CompiledQuery<KnownRow> {
  const args = {
    bundle: bundle.id,
    list: listText(jobs),
    not_before: bundle.startAt?.toISOString() ?? null,
    patience,
  }
  return call(statements, 'insert_members', args, COLUMNS)
}

/** Keeps a bundle open until the transaction ends, or says why it is not. */
export function lockOpenBundle(
  statements: Statements,
  bundleId: string,
): CompiledQuery<{ verdict: 'open' | 'sealed' | 'stopped' | 'notFound' }> {
  return call(statements, 'lock_open_bundle', { bundle: bundleId }, 'lock_open_bundle as verdict')
}

/** The ids of a bundle's members, in the order of adding. */
export function readMemberIds(
  statements: Statements,
  bundleId: string,
  skip: number,
  most: number,
): CompiledQuery<{ id: string }> {
  return call(statements, 'member_ids', { bundle: bundleId, skip, most }, 'id::text')
}

export function sealBundle(statements: Statements, bundleId: string): CompiledQuery<{ found: number }> {
  return call(statements, 'seal_bundle', { bundle: bundleId }, 'seal_bundle::int as found')
}

function templatesText(bundle: PreparedBundle): string | null {
  if (bundle.whenStopped.length === 0) return null
  return `[${bundle.whenStopped.map((job) => jobText(job, false)).join(',')}]`
}
