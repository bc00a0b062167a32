import { JobError, type Json, SnoozeJob, TerminalJobError } from '@jq/core'
import type { CarriedError } from './carried-error.ts'

/** What was thrown elsewhere, as if it had been thrown here: with its message, data, stack and meaning. */
export function arrivedError({ kind, message, name, stack, cause, fields }: CarriedError): unknown {
  if (message === null) return fields.value
  const error = errorOf(kind, message, fields)
  Object.assign(error, fields)
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true })
  if (cause !== undefined)
    Object.defineProperty(error, 'cause', { value: arrivedError(cause), configurable: true, writable: true })
  if (stack !== undefined) error.stack = stack
  return error
}

function errorOf(kind: string | null, message: string, { data }: CarriedError['fields']): Error {
  const options = { data: data as Json }
  if (kind === 'terminal') return new TerminalJobError(message, options)
  if (kind === 'job') return new JobError(message, options)
  if (kind === 'snooze') return Object.assign(new SnoozeJob(0), { message })
  return new Error(message)
}
