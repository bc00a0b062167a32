import type { DbHandle, InTransaction } from './db-handle.ts'
import type { JobOptions } from './job-definition.ts'
import { jobOptionKeys } from './job-options.ts'
import { oneOf } from './one-of.ts'
import { refuseUnknown } from './refuse-unknown.ts'

/** What the options of a call may be, for all services alike: whose handle `db` is, each service looks at by itself. */
export interface ResetOptions extends InTransaction {
  ifRunning?: 'refuse' | 'cancel' | undefined
}

/** @throws InvalidInputError */
export function handleOf(options: InTransaction): DbHandle | undefined {
  refuseUnknown(options, ['db'], 'options')
  return options.db
}

/** @throws InvalidInputError */
export function addOptions(options: JobOptions & InTransaction): {
  db: DbHandle | undefined
  jobOptions: JobOptions
} {
  refuseUnknown(options, ADD_KEYS, 'options')
  const { db, ...jobOptions } = options
  return { db, jobOptions }
}

const ADD_KEYS = [...jobOptionKeys, 'db']

/** @throws InvalidInputError */
export function resetOptions(options: ResetOptions): { db: DbHandle | undefined; cancels: boolean } {
  refuseUnknown(options, ['ifRunning', 'db'], 'options')
  const { db, ifRunning = 'refuse' } = options
  return { db, cancels: oneOf(['refuse', 'cancel'], ifRunning, 'options.ifRunning') === 'cancel' }
}
