/** What an error of the driver or the server means for the one who asked. */
export type SqlVerdict =
  /** The connection or the server was away, or two transactions met: the same call may well succeed in a moment. */
  | 'transient'
  /** The data cannot be stored, whoever tries again. */
  | 'data'
  /** The schema, or something in it, is not there. */
  | 'notMigrated'
  /** A broken assumption, a missing right, or what nobody has met yet. */
  | 'other'

const TRANSIENT = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // our lock_timeout
  '57P01', // shutdown by the administrator
  '57P02', // crash shutdown
  '57P03', // starting up
  '57P05', // idle session timeout
  '25P03', // idle in transaction timeout
  '25006', // read-only: a standby, or a primary that was demoted
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
])
const SOCKET = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
])
/** The driver throws these without any code, and we one; the texts are its own and do not follow the server's language. */
const DRIVER =
  /^(Query read timeout|Connection terminated|timeout expired|timeout exceeded when trying to connect|The pool gave no connection|Client has encountered a connection error and is not queryable|Client was closed and is not queryable)/

/** The one classifier: judges by SQLSTATE, and by what the driver is known to throw. */
export function sqlVerdict(error: unknown): SqlVerdict {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  if (code === undefined) return DRIVER.test(message ?? '') || isTransientGroup(error) ? 'transient' : 'other'
  if (TRANSIENT.has(code) || SOCKET.has(code) || isConnectionException(code)) return 'transient'
  if (code.startsWith('22') || code === '54000' || code === '54001' || code === '23514') return 'data'
  if (code === '42P01' || code === '3F000' || code === '42883') return 'notMigrated'
  return 'other'
}

/** True where somebody else held a lock for longer than we wait. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === '55P03'
}

/** True where the server ended a statement: it took longer than the server lets one take, or somebody cancelled it. */
export function isCutShort(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === '57014'
}

/** True where a statement got no answer in its time: its connection may be half open. */
export function isHang(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  return code === undefined && (message ?? '').startsWith('Query read timeout')
}

/** Nothing was sent: there was no connection yet. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', '57P03', '53300'])
const NEVER_CONNECTED = /trying to connect|gave no connection/

/** True where the statement may have been committed although its reply never came. */
export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  if (code === undefined) return DRIVER.test(message ?? '') && !NEVER_CONNECTED.test(message ?? '')
  if (NEVER_SENT.has(code)) return false
  return SOCKET.has(code) || isConnectionException(code) || code.startsWith('57P') || code === '25P03'
}

/** Class 08, but for the protocol violation in it: that is a bug of ours, which no other connection cures. */
function isConnectionException(code: string): boolean {
  return code.startsWith('08') && code !== '08P01'
}

/** Node tries several addresses of a host at once and reports them together. */
function isTransientGroup(error: unknown): boolean {
  return error instanceof AggregateError && error.errors.some((inner) => sqlVerdict(inner) === 'transient')
}

/**
 * True where a prepared statement is not, or is another one than it was: behind a pooler that lends a connection to others, after
 * DEALLOCATE, or after a migration. Such a statement did not run.
 */
export function isUnprepared(error: unknown): boolean {
  return UNPREPARED.has((error as { code?: string }).code ?? '')
}
/** invalid_sql_statement_name, duplicate_prepared_statement, feature_not_supported: "cached plan must not change result type". */
const UNPREPARED = new Set(['26000', '42P05', '0A000'])
