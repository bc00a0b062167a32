import { Problem } from './problem.ts'

/**
 * Refuses what the page of another site sends by the hand of somebody's browser.
 *
 * Browsers say from where a request that changes something comes: in `Sec-Fetch-Site`, which they leave out on plain http, and in
 * `Origin`, which forms carry, too. Programs send neither. A header `Authorization` cannot be sent by a form, nor by a script of
 * another site unless CORS lets it: behind a proxy that changes the host, such requests need no look at their origin.
 *
 * @throws Problem 403
 */
export function refuseCrossSite(request: Request, allowed: readonly string[]): void {
  if (request.headers.has('authorization')) return
  const origin = request.headers.get('origin')
  if (origin !== null && allowed.includes(origin)) return
  const site = request.headers.get('sec-fetch-site') ?? 'none'
  if ((site === 'none' || site === 'same-origin') && isOwn(origin, request)) return
  throw new Problem(
    403,
    'cross_site',
    'The page of another site sent this. Where that is meant, its origin belongs into the option cors.',
  )
}

function isOwn(origin: string | null, request: Request): boolean {
  if (origin === null) return true
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host
}
