/** Paths of job-scheduler's face, and of those who watch processes. */
const WORDS = new Set(['jobs', 'stats', 'health', 'livez', 'readyz', 'metrics', 'scale', 'openapi.json'])
const RESERVED = '/_jobqueue/'

/**
 * The part of a path that is ours, wherever the handler is mounted: from a segment that no other program has, or else what the path
 * ends in. Null: nothing of it is.
 *
 * @example
 * ownPath('/admin/queue/_jobqueue/api/v1/jobs') // => '/_jobqueue/api/v1/jobs'
 * ownPath('/admin/queue/jobs/17') // => '/jobs/17'
 * ownPath('/admin/queue') // => null
 */
export function ownPath(path: string): string | null {
  const reserved = path.indexOf(RESERVED)
  if (reserved !== -1) return path.slice(reserved)
  const [last = '', before] = path.split('/').reverse()
  if (WORDS.has(last)) return `/${last}`
  return before === 'jobs' ? `/jobs/${last}` : null
}

/** Whether a path from which the mount path was cut off is one of ours. */
export function isOwnPath(path: string): boolean {
  return path.startsWith(RESERVED) || ownPath(path) === path
}
