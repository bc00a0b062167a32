import { CommanderError } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import { Interrupted } from './interruption.ts'
import { Refusal } from './refusal.ts'

/** The exit code of a command that threw. */
export function codeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Refusal) return error.exitCode
  if (error instanceof Interrupted) return error.exitCode as ExitCode
  return CODES[String((error as { code?: unknown } | null)?.code)] ?? 1
}

/** By the codes of the queue's own errors. What it refuses for its input, the user has typed. */
const CODES: Readonly<Record<string, ExitCode>> = {
  invalid_input: 2,
  not_migrated: 2,
  permission_denied: 2,
  not_found: 3,
  job_running: 4,
  bundle_sealed: 4,
  bundle_stopped: 4,
}

/**
 * What is said of an error: what is foreseen has a code and is said in a sentence; what nobody foresaw, with its stack, so that it can
 * be reported.
 */
export function said(error: unknown, { verbose = false }: { verbose?: boolean } = {}): string {
  if (!(error instanceof Error)) return withoutPasswords(String(error))
  const foreseen = error instanceof Refusal || error instanceof Interrupted || 'code' in error
  if (foreseen && !verbose) return withoutPasswords(error.message)
  return withoutPasswords(chainOf(error).join('\ncaused by: '))
}

/** No message that we know of holds one; whatever a driver or a library may say some day shall hold none either. */
export function withoutPasswords(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/+[^\s:/@]*):\S*@/gi, '$1:***@')
    .replace(/(password=)[^\s&;,]+/gi, '$1***')
}

function chainOf(error: unknown): string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)]
  return [error.stack ?? error.message, ...chainOf(error.cause)]
}
