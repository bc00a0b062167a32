/** What is answered is data: no browser shall guess it to be a page or a script, keep it, or show it within a page. */
export function withSafeHeaders(response: Response): Response {
  response.headers.set('x-content-type-options', 'nosniff')
  response.headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
  return response
}
