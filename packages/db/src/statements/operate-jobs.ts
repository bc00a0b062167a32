import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'

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
export function deleteJob(statements: Statements, jobId: string): CompiledQuery<{ found: boolean }> {
  return call(statements, 'delete_job', { job_id: jobId }, 'delete_job as found')
}

/** Deletes a bundle with its members. */
export function deleteBundle(statements: Statements, bundleId: string): CompiledQuery<{ found: boolean }> {
  return call(statements, 'delete_bundle', { bundle: bundleId }, 'delete_bundle as found')
}
