import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import { intervalText } from './interval-text.ts'

/** Ends a job, or asks its attempt to end. */
export function cancelJob(
  statements: Statements,
  jobId: string,
): CompiledQuery<{ verdict: 'cancelled' | 'requested' | 'alreadyStopped' | 'notFound' }> {
  return call(statements, 'cancel_job', { job_id: jobId }, 'cancel_job as verdict')
}

/** Begins a job anew. */
export function resetJob(
  statements: Statements,
  jobId: string,
  cancels: boolean,
): CompiledQuery<{ verdict: 'reset' | 'running' | 'requested' | 'keyHeld' | 'notFound' }> {
  return call(statements, 'reset_job', { job_id: jobId, cancels }, 'reset_job as verdict')
}

/** Deletes a job wherever it stands. */
export function deleteJob(statements: Statements, jobId: string): CompiledQuery<{ found: number }> {
  return call(statements, 'delete_job', { job_id: jobId }, 'delete_job::int as found')
}

/** Deletes a bundle with its members. */
export function deleteBundle(statements: Statements, bundleId: string): CompiledQuery<{ found: number }> {
  return call(statements, 'delete_bundle', { bundle: bundleId }, 'delete_bundle::int as found')
}

/** Cancels the members of a bundle that have not stopped; no row: no such bundle. */
export function cancelBundle(
  statements: Statements,
  bundleId: string,
): CompiledQuery<{ cancelled: number; requested: number }> {
  return call(statements, 'cancel_bundle', { bundle: bundleId }, 'cancelled, requested')
}

/** Resets many jobs; -1: one of them runs, and none was reset. */
export function resetJobs(
  statements: Statements,
  jobIds: readonly string[],
  cancels: boolean,
): CompiledQuery<{ reset: number }> {
  return call(statements, 'reset_jobs', { ids: JSON.stringify(jobIds), cancels }, 'reset_jobs as reset')
}

/** Moves a job to another start. */
export function setJobStart(
  statements: Statements,
  jobId: string,
  at: Date,
): CompiledQuery<{ verdict: 'set' | 'running' | 'keyHeld' | 'notFound' }> {
  return call(
    statements,
    'set_job_start',
    { job_id: jobId, at: at.toISOString() },
    'set_job_start as verdict',
  )
}

/** How many one statement deletes: enough to be quick, few enough that nobody waits long behind it. */
export const DELETED_AT_ONCE = 500

export interface DeletedRow {
  readonly deleted: number
}

/** Deletes standalone jobs that succeeded so long ago. */
export function deleteFinishedJobs(statements: Statements, olderThanMs: number): CompiledQuery<DeletedRow> {
  const args = { older_than: intervalText(olderThanMs), most: DELETED_AT_ONCE }
  return call(statements, 'delete_finished_jobs', args, 'delete_finished_jobs as deleted')
}

/** Of an origin, or of a type. */
export interface Belonging {
  readonly origin?: string
  readonly type?: string
}

export function deleteJobsOf(
  statements: Statements,
  { origin = undefined, type = undefined }: Belonging,
): CompiledQuery<DeletedRow> {
  const args = { its_origin: origin ?? null, its_type: type ?? null, most: DELETED_AT_ONCE }
  return call(statements, 'delete_jobs_of', args, 'delete_jobs_of as deleted')
}

export function deleteBundlesOf(
  statements: Statements,
  { origin = undefined, type = undefined }: Belonging,
): CompiledQuery<DeletedRow> {
  const args = { its_origin: origin ?? null, its_type: type ?? null, most: DELETED_AT_ONCE }
  return call(statements, 'delete_bundles_of', args, 'delete_bundles_of as deleted')
}

/** How far what is there goes, in the orders in which it is deleted; null: nothing of this kind is there. */
export interface EndRow {
  readonly bundle: string | null
  readonly seq: string | null
}

/** Deletes every job and bundle at once, where nobody is at them; else answers how far they go. */
export function beginDeletion(statements: Statements): CompiledQuery<EndRow> {
  return call(statements, 'begin_deletion', {}, 'last_bundle::text as bundle, last_seq::text as seq')
}

/** Where a batch ended and the next one begins; null: nothing was left to delete. */
export interface BatchRow {
  readonly reached: string | null
}

/** Deletes some of the bundles from one id to another, with their members. */
export function deleteBundlesUpTo(
  statements: Statements,
  { first, last }: { first: string | undefined; last: string },
): CompiledQuery<BatchRow> {
  const args = { last, most: DELETED_AT_ONCE, ...(first === undefined ? {} : { first }) }
  return call(statements, 'delete_bundles_up_to', args, 'delete_bundles_up_to::text as reached')
}

/** Deletes some of the standalone jobs from one sequence to another. */
export function deleteJobsUpTo(
  statements: Statements,
  { first, last }: { first: string | undefined; last: string },
): CompiledQuery<BatchRow> {
  const args = { last, most: DELETED_AT_ONCE, ...(first === undefined ? {} : { first }) }
  return call(statements, 'delete_jobs_up_to', args, 'delete_jobs_up_to::text as reached')
}
